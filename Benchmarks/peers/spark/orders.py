"""The windows' counts of an orders file by PySpark structured streaming: orders.py FILE

Prints lines_per_s (from the start of the query to its end) and with_start (from the start of this process).
"""

import os
import shutil
import sys
import tempfile
import time

BEGIN = time.monotonic()

from pyspark.sql import SparkSession  # noqa: E402
from pyspark.sql import functions as f  # noqa: E402

folder = tempfile.mkdtemp(prefix="orders-")
os.makedirs(f"{folder}/in")
os.link(sys.argv[1], f"{folder}/in/orders.jsonl") if os.stat(sys.argv[1]).st_dev == os.stat(folder).st_dev else shutil.copy(
    sys.argv[1], f"{folder}/in/orders.jsonl")
with open(sys.argv[1], "rb") as file:
    lines = sum(1 for _ in file)

spark = (
    SparkSession.builder.master("local[2]").config("spark.ui.enabled", "false")
    .config("spark.sql.shuffle.partitions", "2").config("spark.driver.memory", "2g").getOrCreate())
spark.sparkContext.setLogLevel("ERROR")
schema = "branch string, customerAgeGrade string, paymentMethod string, orders array<string>, orderedAt timestamp"
orders = spark.readStream.schema(schema).json(f"{folder}/in")
kinds = f.concat(
    f.array(f.concat(f.lit("age:"), "customerAgeGrade"), f.concat(f.lit("payment:"), "paymentMethod")),
    f.transform("orders", lambda coffee: f.concat(f.lit("coffee:"), coffee)))
counts = (
    orders.withWatermark("orderedAt", "10 minutes")
    .select("branch", f.window("orderedAt", "30 seconds").alias("window"), f.explode(kinds).alias("kind"))
    .groupBy("branch", "window", "kind").count())
counted = {}


def keep(batch, _):
    for row in batch.collect():
        counted[(row.branch, row.window.start, row.kind)] = row["count"]


start = time.monotonic()
query = (
    counts.writeStream.outputMode("update").foreachBatch(keep).option("checkpointLocation", f"{folder}/checkpoint")
    .trigger(availableNow=True).start())
query.awaitTermination()
end = time.monotonic()
total = sum(count for (_, _, kind), count in counted.items() if kind.startswith("payment:"))
spark.stop()
shutil.rmtree(folder)
if total != lines:
    sys.exit(f"{total} of {lines} lines were counted")
print(f"lines_per_s={lines / (end - start):.0f} with_start={lines / (end - BEGIN):.0f}")
