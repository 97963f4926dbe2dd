import echo
import grpc

server, port = echo.serve()
channel = grpc.insecure_channel(f"127.0.0.1:{port}")
call = channel.unary_unary("/echo/Say")
assert call(b"ab", timeout=20) == b"ba"
