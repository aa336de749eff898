"""What stands in a warehouse or a file, for who looks at it: nothing is changed, and an answer is a listing."""

from etl.inspect.answer import query
from etl.inspect.loads import history, rejects
from etl.inspect.preview import file
from etl.inspect.targets import status

__all__ = ["file", "history", "query", "rejects", "status"]
