import logging
import logging.handlers
import queue

records = []


class Keep(logging.Handler):
    def emit(self, record):
        records.append(record.getMessage())


entries = queue.Queue()
listener = logging.handlers.QueueListener(entries, Keep())
listener.start()
logging.getLogger("app").addHandler(logging.handlers.QueueHandler(entries))
