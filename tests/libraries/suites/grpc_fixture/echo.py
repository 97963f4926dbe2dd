import concurrent.futures
import os

# Whether its threads say on stderr that a server has gone is chance.
os.environ["GRPC_VERBOSITY"] = "NONE"

import grpc


def handle(request, context):
    return request[::-1]


class Echo(grpc.GenericRpcHandler):
    def service(self, details):
        return grpc.unary_unary_rpc_method_handler(handle)


def serve():
    server = grpc.server(concurrent.futures.ThreadPoolExecutor(2))
    server.add_generic_rpc_handlers((Echo(),))
    port = server.add_insecure_port("127.0.0.1:0")
    server.start()
    return server, port
