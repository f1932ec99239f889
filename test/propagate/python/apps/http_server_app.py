"""Python's own server, a thread for each connection: `python http_server_app.py PORT`."""
import json
import sys
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from ways import SYNC


class Handler(BaseHTTPRequestHandler):
    protocol_version = 'HTTP/1.1'

    def do_GET(self):
        body = json.dumps(SYNC[self.path.removeprefix('/sync/')]()).encode()
        self.send_response(200)
        self.send_header('content-length', str(len(body)))
        self.end_headers()
        self.wfile.write(body)


ThreadingHTTPServer(('127.0.0.1', int(sys.argv[1])), Handler).serve_forever()
