import Hummingbird

/// The page `/`: messages as they come, and a form to write to the bot as a customer.
enum LivePage {
    static var response: Response {
        Response(
            status: .ok, headers: [.contentType: "text/html; charset=utf-8", .cacheControl: "no-store"],
            body: .init(byteBuffer: ByteBuffer(string: html)))
    }

    private static let html = #"""
        <!doctype html>
        <html lang="en">
        <head>
        <meta charset="utf-8">
        <meta name="viewport" content="width=device-width, initial-scale=1">
        <title>Telegram sandbox</title>
        <link rel="icon" href="data:,">
        <style>
          :root { color-scheme: light dark; --page: #f2f4f7; --card: #fff; --ink: #18212f; --dim: #667085;
                  --line: #dfe3ea; --accent: #2481cc; --bad: #b42318; }
          @media (prefers-color-scheme: dark) {
            :root { --page: #0e141b; --card: #18222d; --ink: #e8edf3; --dim: #8a99aa; --line: #273442;
                    --accent: #5eb5f7; --bad: #ff8a80; } }
          * { box-sizing: border-box; }
          body { margin: 0; background: var(--page); color: var(--ink); font: 15px/1.45 system-ui, sans-serif; }
          header { position: sticky; top: 0; background: var(--card); border-bottom: 1px solid var(--line);
                   padding: 12px max(16px, calc(50vw - 400px)); display: flex; flex-wrap: wrap; gap: 6px 14px;
                   align-items: baseline; }
          h1 { font-size: 17px; margin: 0; }
          .dim { color: var(--dim); font-size: 13px; }
          #state { margin-left: auto; }
          #state.lost, #fault { color: var(--bad); font-size: 13px; }
          main { max-width: 832px; margin: 0 auto; padding: 16px; }
          form { display: flex; flex-wrap: wrap; gap: 8px; margin-bottom: 16px; }
          input, button { font: inherit; padding: 7px 10px; border: 1px solid var(--line); border-radius: 8px;
                          background: var(--card); color: var(--ink); min-width: 0; }
          input[name=text] { flex: 1 1 200px; }
          input[name=chatId], #filter { width: 130px; }
          button { background: var(--accent); border-color: var(--accent); color: var(--page); cursor: pointer; }
          ol { list-style: none; margin: 0; padding: 0; display: grid; gap: 8px; }
          li { background: var(--card); border: 1px solid var(--line); border-radius: 12px; padding: 9px 13px; }
          li p { margin: 2px 0 0; white-space: pre-wrap; overflow-wrap: anywhere; }
          #empty { text-align: center; padding: 48px 0; }
        </style>
        </head>
        <body>
        <header>
          <h1>Telegram sandbox</h1><span class="dim" id="count"></span><span id="fault"></span>
          <span class="dim" id="state" role="status">connecting</span>
        </header>
        <main>
          <form id="write">
            <input id="filter" inputmode="numeric" placeholder="Show chat…" aria-label="Show only this chat">
            <input name="chatId" inputmode="numeric" required pattern="-?[0-9]+" placeholder="Chat id"
                   aria-label="Chat id">
            <input name="text" required placeholder="Write to the bot, for example /start CODE" aria-label="Text">
            <button>Send</button>
          </form>
          <p class="dim" id="sent" role="status"></p>
          <ol id="list"></ol>
          <p class="dim" id="empty">No message yet. New ones appear here, the latest on top.</p>
        </main>
        <script>
          const $ = id => document.getElementById(id), shown = 200;
          let last = 0, seen = 0;
          const item = m => {
            const li = document.createElement('li'), head = document.createElement('span');
            const text = document.createElement('p');
            head.className = 'dim';
            head.textContent = `chat ${m.chatId} · #${m.id} · ${new Date(m.receivedAt).toLocaleTimeString()}`;
            text.textContent = m.text;
            li.append(head, text);
            return li;
          };
          const reset = () => { last = 0; seen = 0; $('list').replaceChildren(); };
          async function poll() {
            try {
              const chat = $('filter').value.trim();
              const only = /^-?\d+$/.test(chat) ? `&chatId=${chat}` : '';
              const answer = await fetch(`messages?after=${last}&last=${shown}${only}`);
              const { items } = await answer.json();
              for (const m of items) { $('list').prepend(item(m)); last = m.id; seen += 1; }
              while ($('list').childElementCount > shown) $('list').lastElementChild.remove();
              const faults = (await (await fetch('faults')).json()).items;
              $('fault').textContent = faults.length ? 'fault: ' + faults.map(f => JSON.stringify(f)).join(' ') : '';
              $('count').textContent = seen ? `${seen} shown` : '';
              $('empty').hidden = seen > 0;
              $('state').textContent = 'live'; $('state').className = 'dim';
            } catch {
              $('state').textContent = 'connection lost, trying again'; $('state').className = 'lost';
            }
            setTimeout(poll, 500);
          }
          $('filter').oninput = reset;
          $('write').onsubmit = async event => {
            event.preventDefault();
            const form = event.target, body = `{"chatId":${form.chatId.value},"text":${JSON.stringify(form.text.value)}}`;
            const answer = await fetch('updates', { method: 'POST', body });
            const said = await answer.json();
            $('sent').textContent = answer.ok ? `The bot answered ${said.status}.` : said.detail;
            if (answer.ok) form.text.value = '';
          };
          poll();
        </script>
        </body>
        </html>
        """#
}
