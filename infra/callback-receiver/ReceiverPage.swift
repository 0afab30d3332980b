import Hummingbird

/// A page that shows the latest callbacks.
enum ReceiverPage {
    static var response: Response {
        Response(
            status: .ok, headers: [.contentType: "text/html; charset=utf-8"],
            body: ResponseBody(byteBuffer: ByteBuffer(string: html)))
    }

    private static let html = """
        <!doctype html><html lang="en"><meta charset="utf-8">
        <meta name="viewport" content="width=device-width, initial-scale=1"><title>Callback receiver</title>
        <style>
        :root { color-scheme: light dark } body { font: 15px system-ui, sans-serif; margin: 2rem auto; max-width: 60rem;
        padding: 0 1rem } table { border-collapse: collapse; width: 100% } th, td { text-align: left; padding: .3rem
        .6rem; border-bottom: 1px solid #8884 } .refused { color: #c33 } .repeated { opacity: .6 }
        </style>
        <h1>Callback receiver</h1><p>Callbacks of bypass-queue, the latest first. Stale ones are refused.</p>
        <table><thead><tr><th>Group<th>Sequence<th>Epoch<th>Attempt<th>Webhook id<th>Verdict</thead><tbody></tbody></table>
        <script>
        let after = 0
        const body = document.querySelector('tbody')
        async function look() {
          try {
            const { items } = await (await fetch('/callbacks?limit=1000&after=' + after)).json()
            for (const item of items.slice(-200)) {
              after = item.id
              const row = body.insertRow(0)
              row.className = item.verdict
              for (const key of ['group', 'sequence', 'epoch', 'attempt', 'webhookId', 'verdict'])
                row.insertCell().textContent = item[key]
            }
            while (body.rows.length > 200) body.deleteRow(200)
          } finally { setTimeout(look, 500) }
        }
        look()
        </script></html>
        """
}
