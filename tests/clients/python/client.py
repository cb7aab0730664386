#!/usr/bin/env python3
"""Plays a scenario with stubs that today's grpcio generates: client.py ADDRESS SCENARIO."""
import importlib
import json
import os
import pathlib
import sys
import tempfile

import grpc
from google.protobuf import json_format, message_factory
from grpc_tools import protoc

PROTO = pathlib.Path(__file__).resolve().parents[3] / "proto"
CALL_SECONDS = 30


def generated_modules(folder):
    known = os.path.join(os.path.dirname(protoc.__file__), "_proto")
    sources = [str(path) for path in sorted(PROTO.glob("*.proto"))]
    code = protoc.main(["protoc", f"-I{PROTO}", f"-I{known}", f"--python_out={folder}",
                        f"--grpc_python_out={folder}", *sources])
    assert code == 0, f"protoc failed with {code}"
    sys.path.insert(0, folder)
    return importlib.import_module("schema_pb2"), importlib.import_module("schema_pb2_grpc")


def plain(message, ignored):
    fields = json_format.MessageToDict(message, preserving_proto_field_name=True)
    return {name: value for name, value in fields.items() if name not in ignored}


class Player:
    def __init__(self, stub, methods):
        self.stub, self.methods, self.token = stub, methods, None

    def answer(self, step):
        """The answer in the form of the scenario."""
        method = self.methods[step["method"]]
        request = message_factory.GetMessageClass(method.input_type)()
        json_format.ParseDict(step.get("request", {}), request)
        metadata = [("authorization", self.token)] if self.token else []
        ignored = step.get("ignore", [])
        try:
            reply = getattr(self.stub, step["method"])(request, timeout=CALL_SECONDS,
                                                       metadata=metadata)
            if method.server_streaming:
                return {"replies": [plain(message, ignored) for message in reply]}
        except grpc.RpcError as error:
            return {"code": error.code().value[0], "message": error.details()}
        if "keep" in step:
            self.token = getattr(reply, step["keep"])
        return {"reply": plain(reply, ignored)}


def main():
    target, scenario = sys.argv[1:]
    steps = json.loads(pathlib.Path(scenario).read_text())["steps"]
    with tempfile.TemporaryDirectory() as folder:
        schema, service = generated_modules(folder)
    methods = schema.DESCRIPTOR.services_by_name["ImmuService"].methods_by_name
    with grpc.insecure_channel(target) as channel:
        player = Player(service.ImmuServiceStub(channel), methods)
        for number, step in enumerate(steps):
            answer = player.answer(step)
            for name, value in answer.items():
                assert step[name] == value, f"step {number} {step['method']}: {answer}"
        uncalled = sorted(set(methods) - {step["method"] for step in steps})
        for name in uncalled:
            answer = player.answer({"method": name})
            assert answer.get("code") == 12, f"{name} is served, but no step calls it: {answer}"
    print(f"{len(steps)} steps, {len(methods) - len(uncalled)} methods, {len(uncalled)} unknown")


if __name__ == "__main__":
    main()
