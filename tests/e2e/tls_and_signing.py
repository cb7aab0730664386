#!/usr/bin/env python3
"""Encrypted connections and signed roots, with the real server.

1. With --tls-certificate a client that trusts the authority is served, and nobody in clear text.
2. With --mtls only clients with a certificate are.
3. Certificates that are exchanged count for new connections after SIGHUP; bad ones do not, the log
   tells, and the server goes on with the old ones.
4. Nothing that asks for encryption starts without it.
5. A signed root is verified by openssl with the key that came with it, and with the key's own file.

Run it with the Python of .venv/grpc.
"""
import os
import pathlib
import signal
import subprocess
import sys
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "harness"))

import grpc

import server
import wire

MAKE = server.ROOT / "tools" / "make_certificates.sh"
SECONDS = 10.0
P256_PREFIX = bytes.fromhex("3059301306072a8648ce3d020106082a8648ce3d030107034200")


def make_certificates(folder, *names):
    subprocess.run([MAKE, folder, *names], check=True, capture_output=True)
    return folder


def read(path):
    return path.read_bytes()


class Client:
    """A connection with these files, whose calls fail soon if it does not come about."""

    def __init__(self, target, modules, folder, with_certificate=False):
        key = read(folder / "client.key") if with_certificate else None
        chain = read(folder / "client.pem") if with_certificate else None
        credentials = grpc.ssl_channel_credentials(read(folder / "ca.pem"), key, chain)
        self.channel = grpc.secure_channel(target, credentials, options=wire.CHANNEL_OPTIONS)
        self.stub = modules[1].ImmuServiceStub(self.channel)

    def is_served(self):
        from google.protobuf import empty_pb2
        try:
            return self.stub.Health(empty_pb2.Empty(), timeout=SECONDS).status
        except grpc.RpcError as error:
            assert error.code() in (grpc.StatusCode.UNAVAILABLE,
                                    grpc.StatusCode.DEADLINE_EXCEEDED), error
            return False
        finally:
            self.channel.close()


def is_served_in_clear_text(target, modules):
    session = wire.Session(target, modules, login=False)
    try:
        return session.call("Health", timeout=SECONDS).status
    except grpc.RpcError:
        return False
    finally:
        session.close()


def await_text(process, text):
    deadline = time.monotonic() + SECONDS
    while text not in process.text():
        assert time.monotonic() < deadline, f"no {text!r} in {process.text()[-2000:]}"
        try:
            process.process.wait(server.POLL_SECONDS)
        except subprocess.TimeoutExpired:
            continue


def check_server_only(programs, modules, folder):
    flags = [f"--tls-certificate={folder}/server.pem", f"--tls-key={folder}/server.key"]
    process = server.Server(programs, flags=flags).start()
    assert Client(process.target, modules, folder).is_served()
    assert not is_served_in_clear_text(process.target, modules)
    stranger = make_certificates(server.scratch_folder() / "other")
    assert not Client(process.target, modules, stranger).is_served()

    # A pair of an authority that the client does not know: refused by the client, so it is in use.
    kept = {name: read(folder / name) for name in ("server.pem", "server.key")}
    for name in kept:
        (folder / name).write_bytes(read(stranger / name))
    os.kill(process.pid(), signal.SIGHUP)
    await_text(process, "The files for TLS were read anew")
    assert not Client(process.target, modules, folder).is_served()
    assert Client(process.target, modules, stranger).is_served()

    # A certificate without its key: the pair before stays.
    (folder / "server.pem").write_bytes(kept["server.pem"])
    os.kill(process.pid(), signal.SIGHUP)
    await_text(process, "the old ones stay in use")
    assert Client(process.target, modules, stranger).is_served()
    (folder / "server.key").write_bytes(kept["server.key"])
    process.stop()


def check_mutual(programs, modules, folder):
    flags = ["--mtls", f"--certificate={folder}/server.pem", f"--pkey={folder}/server.key",
             f"--clientcas={folder}/ca.pem"]
    process = server.Server(programs, flags=flags).start()
    assert Client(process.target, modules, folder, with_certificate=True).is_served()
    assert not Client(process.target, modules, folder).is_served()
    assert not is_served_in_clear_text(process.target, modules)
    process.stop()


def check_fails_closed(programs, folder):
    empty = folder / "empty.pem"
    empty.write_text("")
    readable = folder / "readable.key"
    readable.write_bytes(read(folder / "server.key"))
    readable.chmod(0o644)
    pair = [f"--certificate={folder}/server.pem", f"--pkey={folder}/server.key"]
    for flags in (["--mtls", *pair, f"--clientcas={empty}"],
                  ["--mtls", *pair, f"--clientcas={folder}/none"],
                  ["--mtls"],
                  [f"--tls-certificate={folder}/server.pem"],
                  [f"--tls-certificate={folder}/server.pem", f"--tls-key={folder}/client.key"],
                  [f"--tls-certificate={folder}/server.pem", f"--tls-key={readable}"],
                  [f"--signingKey={readable}"],
                  [f"--signingKey={folder}/server.pem"]):
        try:
            server.Server(programs, flags=flags).start()
        except server.NotReady as error:
            assert "exit code 1" in str(error), error
        else:
            raise AssertionError(f"it serves with {flags}")


def openssl(*words, given=None):
    subprocess.run(["openssl", *words], check=True, capture_output=True, input=given)


def verify(folder, public_key, payload, signature):
    (folder / "payload").write_bytes(payload)
    (folder / "signature").write_bytes(signature)
    command = ["openssl", "dgst", "-sha256", "-verify", public_key, "-signature",
               folder / "signature", folder / "payload"]
    return subprocess.run(command, capture_output=True, check=False).returncode == 0


def check_signed_roots(programs, modules):
    folder = server.scratch_folder()
    key, public_key, sent_key = folder / "key.pem", folder / "public.pem", folder / "sent.pem"
    # As users make it: the parameters stand in front of the key.
    openssl("ecparam", "-name", "prime256v1", "-genkey", "-out", key)
    key.chmod(0o600)
    openssl("pkey", "-in", key, "-pubout", "-out", public_key)
    process = server.Server(programs, flags=[f"--signingKey={key}"]).start()
    session = wire.Session(process.target, modules)
    for number in range(3):
        root = session.call("CurrentRoot")
        payload = root.payload.SerializeToString()
        openssl("pkey", "-pubin", "-inform", "DER", "-pubout", "-out", sent_key,
                given=P256_PREFIX + root.signature.publicKey)
        assert root.signature.publicKey.hex() in process.text(), "the log does not tell the key"
        for pem in (public_key, sent_key):
            assert verify(folder, pem, payload, root.signature.signature)
            assert not verify(folder, pem, payload + b"x", root.signature.signature)
        assert session.call("CurrentRoot").signature == root.signature
        session.call("Set", modules[0].KeyValue(key=b"k%d" % number, value=b"v"))
    process.stop()


def main():
    programs = server.bin_dir(server.arguments(__doc__).parse_args())
    modules = wire.generated_modules()
    folder = make_certificates(server.scratch_folder() / "certificates")
    check_server_only(programs, modules, folder)
    check_mutual(programs, modules, folder)
    check_fails_closed(programs, folder)
    check_signed_roots(programs, modules)


if __name__ == "__main__":
    server.run(main)
