# Runs a Python handler: takes events from the Lambda Runtime API and answers them.
import http.client
import importlib
import json
import logging
import os
import sys
import time
import traceback

API = os.environ["AWS_LAMBDA_RUNTIME_API"]
BASE = "/2018-06-01/runtime/"


class Context:
    """What a handler learns about the invocation."""

    def __init__(self, headers):
        self.aws_request_id = headers["Lambda-Runtime-Aws-Request-Id"]
        self.invoked_function_arn = headers["Lambda-Runtime-Invoked-Function-Arn"]
        self.function_name = os.environ["AWS_LAMBDA_FUNCTION_NAME"]
        self.function_version = os.environ["AWS_LAMBDA_FUNCTION_VERSION"]
        self.memory_limit_in_mb = os.environ["AWS_LAMBDA_FUNCTION_MEMORY_SIZE"]
        self.log_group_name = os.environ["AWS_LAMBDA_LOG_GROUP_NAME"]
        self.log_stream_name = os.environ["AWS_LAMBDA_LOG_STREAM_NAME"]
        self.identity = None
        given = headers.get("Lambda-Runtime-Client-Context")
        self.client_context = json.loads(given) if given else None
        self._deadline = int(headers["Lambda-Runtime-Deadline-Ms"])

    def get_remaining_time_in_millis(self):
        return max(self._deadline - int(time.time() * 1000), 0)

    def log(self, message):
        sys.stdout.write(str(message))


class RequestId(logging.Filter):
    """Puts the id of the request into each record."""

    current = ""

    def filter(self, record):
        record.aws_request_id = RequestId.current
        return True


class Api:
    """The Runtime API over one connection that is kept."""

    def __init__(self):
        self.connection = http.client.HTTPConnection(API)

    def next(self):
        self.connection.request("GET", BASE + "invocation/next")
        response = self.connection.getresponse()
        return response.headers, response.read()

    def post(self, path, document, kind=None):
        headers = {"Content-Type": "application/json"}
        if kind:
            headers["Lambda-Runtime-Function-Error-Type"] = kind
        self.connection.request("POST", BASE + path, document, headers)
        self.connection.getresponse().read()


def failure(kind, message, frames, request_id=None):
    """The document of an error, which is also written to the log."""
    print("[ERROR] %s: %s\n%s" % (kind, message, "".join(frames)), flush=True)
    document = {"errorMessage": message, "errorType": kind, "stackTrace": frames}
    if request_id is not None:
        document["requestId"] = request_id
    return json.dumps(document).encode()


def frames_of(error):
    """Where it was raised, without this file, which runs as a string."""
    frames = [f for f in traceback.extract_tb(error.__traceback__) if f.filename not in ("<string>",)]
    return traceback.format_list([f for f in frames if not f.filename.startswith("<frozen importlib")])


def load():
    """The handler, or the error with which it cannot be had."""
    handler = os.environ["_HANDLER"]
    module, dot, name = handler.rpartition(".")
    if not dot:
        message = "Bad handler '%s': not enough values to unpack (expected 2, got 1)" % handler
        return None, ("Runtime.MalformedHandlerName", message, [])
    try:
        loaded = importlib.import_module(module.replace("/", "."))
    except ImportError as error:
        return None, ("Runtime.ImportModuleError", "Unable to import module '%s': %s" % (module, error), [])
    except SyntaxError as error:
        message = "Syntax error in module '%s': %s" % (module, error)
        return None, ("Runtime.UserCodeSyntaxError", message, [])
    except Exception as error:
        return None, (type(error).__name__, str(error), frames_of(error))
    try:
        return getattr(loaded, name), None
    except AttributeError:
        return None, ("Runtime.HandlerNotFound", "Handler '%s' missing on module '%s'" % (name, module), [])


def handle(api, handler, headers, body):
    context = Context(headers)
    request_id = RequestId.current = context.aws_request_id
    path = "invocation/%s/" % request_id
    try:
        result = handler(json.loads(body), context)
    except Exception as error:
        kind = type(error).__name__
        api.post(path + "error", failure(kind, str(error), frames_of(error), request_id), kind)
        return
    try:
        document = json.dumps(result).encode()
    except Exception as error:
        message = "Unable to marshal response: %s" % error
        kind = "Runtime.MarshalError"
        api.post(path + "error", failure(kind, message, [], request_id), kind)
        return
    api.post(path + "response", document)


def main():
    sys.path[0] = os.environ["LAMBDA_TASK_ROOT"]
    output = logging.StreamHandler(sys.stdout)
    form = "[%(levelname)s]\t%(asctime)s.%(msecs)03dZ\t%(aws_request_id)s\t%(message)s"
    formatter = logging.Formatter(form, "%Y-%m-%dT%H:%M:%S")
    formatter.converter = time.gmtime
    output.setFormatter(formatter)
    output.addFilter(RequestId())
    logging.getLogger().addHandler(output)
    api = Api()
    handler, wrong = load()
    if wrong:
        api.post("init/error", failure(*wrong), wrong[0])
        sys.exit(1)
    while True:
        headers, body = api.next()
        handle(api, handler, headers, body)


main()
