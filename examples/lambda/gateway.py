"""Stands for API Gateway and EventBridge on your machine: requests become events for the functions."""

import base64
import os
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import unquote, urlsplit

import function


class Gateway(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        address = urlsplit(self.path)
        body = self.rfile.read(int(self.headers.get("content-length", "0")))
        http = {"method": self.command, "sourceIp": self.client_address[0]}
        event = {
            "rawPath": unquote(address.path),
            "rawQueryString": address.query,
            "headers": {name.lower(): value for name, value in self.headers.items()},
            "requestContext": {"http": http},
            "body": base64.b64encode(body).decode(),
            "isBase64Encoded": True,
        }
        answer = function.answer(event, None)
        self.send_response(answer["statusCode"])
        for name, value in answer["headers"].items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(answer["body"].encode())

    do_POST = do_PUT = do_PATCH = do_DELETE = do_GET  # noqa: N815 - names of the standard library


def schedule(stopping: threading.Event) -> None:
    while not stopping.wait(60):
        function.every_minute({}, None)


function.every_minute({}, None)
threading.Thread(target=schedule, args=(threading.Event(),), daemon=True).start()
ThreadingHTTPServer(("127.0.0.1", int(os.environ.get("PORT", "8000"))), Gateway).serve_forever()
