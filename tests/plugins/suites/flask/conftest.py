import pytest
from flask import Flask, jsonify, request


@pytest.fixture
def app():
    app = Flask(__name__)

    @app.route("/echo", methods=["POST"])
    def echo():
        return jsonify(request.json)

    @app.route("/")
    def index():
        return "hello"

    return app
