"""A small stand-in for the dashboard: shows its version and colour, and proves which env files reached it."""

import hashlib
import html
import http.server
import json
import os
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
FILES = ["dashboard_frontend/.env.docker", "dashboard_backend/.env.docker", ".env.deployment", "frp_config/frps.toml"]


def read(name):
    with open(os.path.join(HERE, name), encoding="utf-8") as file:
        return file.read()


def setting(name, default):
    for line in read("dashboard_frontend/.env.docker").splitlines():
        if line.startswith(name + "="):
            return line.split("=", 1)[1].strip("'\"")
    return default


COMMIT = read("COMMIT").strip()
VERSION = read("VERSION").strip()
COLOUR = setting("VITE_BACKGROUND_COLOR", "#f4f6f8")
TITLE = setting("VITE_TITLE", "Chronos")
# A digest tells whether a file arrived without telling what is in it.
DIGESTS = {name: hashlib.sha256(read(name).encode()).hexdigest()[:16] for name in FILES}

PAGE = f"""<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>{html.escape(TITLE)}</title>
<style>
body {{ background: {html.escape(COLOUR)}; font: 16px/1.5 system-ui, sans-serif; margin: 0; display: grid; place-items: center; min-height: 100vh; }}
main {{ background: #fffffff2; color: #1b2733; border-radius: 12px; padding: 2rem 2.5rem; box-shadow: 0 8px 30px #0003; }}
h1 {{ margin: 0 0 .5rem; }} dt {{ color: #5b6b7b; }} dd {{ margin: 0 0 .5rem; font-family: ui-monospace, monospace; }}
</style></head>
<body><main><h1>{html.escape(TITLE)}</h1><dl>
<dt>Version</dt><dd>{html.escape(VERSION)}</dd>
<dt>Commit</dt><dd>{html.escape(COMMIT[:12])}</dd>
<dt>Background</dt><dd>{html.escape(COLOUR)}</dd>
</dl></main></body></html>
"""


class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        if self.path == "/health":
            body = json.dumps({"status": "ok", "commit": COMMIT, "version": VERSION, "files": DIGESTS})
            self.answer(200, "application/json", body)
        elif self.path == "/":
            self.answer(200, "text/html; charset=utf-8", PAGE)
        else:
            self.answer(404, "text/plain", "not found\n")

    def answer(self, status, kind, body):
        data = body.encode()
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def log_message(self, *arguments):
        pass


http.server.ThreadingHTTPServer(("127.0.0.1", int(sys.argv[1])), Handler).serve_forever()
