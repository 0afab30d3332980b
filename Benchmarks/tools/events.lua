-- wrk: POST the same event to PATH; the server gives each its uuid.
wrk.method = "POST"
wrk.path = os.getenv("EVENTS_PATH")
wrk.headers["Content-Type"] = "application/json"
wrk.body = os.getenv("EVENT")
