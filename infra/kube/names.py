"""The cluster's DNS, as far as its pods ask it: a Service's name, with the search list and the dots of a real cluster."""

import socket
import struct
import threading

DOMAIN = "game.svc.cluster.local"
# Linux: an address that is not there yet may be bound to; the bridge comes with the first container.
IP_FREEBIND = 15


def question(query):
    """The name and the type that are asked for, and where the question ends."""
    labels, at = [], 12
    while query[at]:
        labels.append(query[at + 1 : at + 1 + query[at]].decode("ascii", "replace").lower())
        at += query[at] + 1
    return ".".join(labels), struct.unpack_from(">H", query, at + 1)[0], at + 5


def answer(query, hosts):
    """The answer to a query; a name that is not of the cluster is unknown, as it is where nothing else is reached."""
    name, kind, end = question(query)
    service = name.removesuffix(f".{DOMAIN}") if name.endswith(f".{DOMAIN}") else None
    addresses = hosts.get(service, []) if kind == 1 else []
    code = 0 if service in hosts else 3
    header = query[:2] + struct.pack(">HHHHH", 0x8580 | code, 1, len(addresses), 0, 0)
    records = b"".join(
        b"\xc0\x0c" + struct.pack(">HHIH", 1, 1, 5, 4) + socket.inet_aton(address) for address in addresses)
    return header + query[12:end] + records


class NameServer:
    """Answers until it is closed."""

    def __init__(self, address, hosts):
        self.hosts = hosts
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.socket.setsockopt(socket.IPPROTO_IP, IP_FREEBIND, 1)
        self.socket.bind((address, 53))
        threading.Thread(target=self.run, daemon=True).start()

    def run(self):
        while True:
            try:
                query, client = self.socket.recvfrom(512)
                self.socket.sendto(answer(query, self.hosts), client)
            except (IndexError, struct.error):
                continue
            except OSError:
                return

    def close(self):
        self.socket.close()
