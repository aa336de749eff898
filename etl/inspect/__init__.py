"""What stands in a warehouse or a file, for who looks at it: nothing is changed, and an answer is a listing."""

from etl.inspect.answer import query
from etl.inspect.contents import contents
from etl.inspect.emit import emit_sql, empty_folder
from etl.inspect.loads import history, rejects
from etl.inspect.preview import file
from etl.inspect.spelt import spellable
from etl.inspect.targets import status
from etl.inspect.verify import verify
from etl.inspect.why import why

__all__ = ["contents", "emit_sql", "empty_folder", "file", "history", "query", "rejects", "spellable", "status",
           "verify", "why"]
