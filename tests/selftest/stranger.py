"""Another program on a port: says nothing, answers as a web server does, or as our agent does. Standard library alone.

Run under other names, by a link to the interpreter; its first line of output says that it is ready.
"""

import http.server
import socket
import ssl
import sys
import threading
from typing import ClassVar


class _Handler(http.server.BaseHTTPRequestHandler):
    body: ClassVar[bytes] = b"It works!"

    def do_GET(self) -> None:
        """The same for every address."""
        self.send_response(200)
        self.send_header("Content-Length", str(len(self.body)))
        self.end_headers()
        self.wfile.write(self.body)

    # Without the mark for it: the interpreter that runs this has the standard library alone.
    def log_message(self, format: str, *arguments: object) -> None:  # type: ignore[explicit-override]
        """Says nothing."""


def serve(port: int, how: str, certificate: str) -> None:
    """Serves one port: "web", "silent", or "hello" with a certificate."""
    if how == "silent":
        sock = socket.create_server(("127.0.0.1", port), backlog=64)
        while True:
            threading.Thread(target=sock.accept()[0].recv, args=(1 << 16,), daemon=True).start()
    handler = type("Handler", (_Handler,), {"body": b'{"service": "cardlogin"}' if how == "hello" else _Handler.body})
    server = http.server.ThreadingHTTPServer(("127.0.0.1", port), handler)
    if certificate:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificate, f"{certificate.removesuffix('.pem')}.key")
        server.socket = context.wrap_socket(server.socket, server_side=True, do_handshake_on_connect=False)
    server.serve_forever()


def main() -> None:
    """Arguments: how, a certificate or nothing, ports."""
    how, certificate, *ports = sys.argv[1:]
    for port in ports:
        threading.Thread(target=serve, args=(int(port), how, certificate)).start()
    for port in ports:
        _wait(int(port))
    print("ready", flush=True)


def _wait(port: int) -> None:
    while True:
        try:
            socket.create_connection(("127.0.0.1", port), 10).close()
        except OSError:
            continue
        return


if __name__ == "__main__":
    main()
