"""The child's side of a bounded reader: it limits itself, reads, and writes JSON lines and Arrow streams to its parent.

Imports nothing heavy: the limits hold before a parser is loaded.
"""

from __future__ import annotations

import ctypes
import json
import os
import resource
import signal
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, BinaryIO

from foresell.errors import BadInput, EmptySource

if TYPE_CHECKING:
    import pyarrow as pa

_PR_SET_PDEATHSIG = 1
#: Answers of a child that the parent raises again, by name.
RAISED = {kind.__name__: kind for kind in (BadInput, EmptySource)}


class Output:
    """What a child tells its parent: JSON objects, one a line, each followed by an Arrow stream if it says so."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file

    def send(self, **answer: Any) -> None:
        """Write one JSON object."""
        self._file.write(json.dumps(answer).encode() + b"\n")
        self._file.flush()

    @contextmanager
    def send_rows(self, schema: pa.Schema, **answer: Any) -> Iterator[pa.RecordBatchStreamWriter]:
        """Write one JSON object, then the batches given to the writer."""
        import pyarrow as pa

        self.send(**answer, rows=True)
        with pa.ipc.new_stream(self._file, schema) as writer:
            yield writer
        self._file.flush()


def serve(read: Callable[[dict[str, Any], Output], None]) -> None:
    """Run `read` on the request in the first argument, within its limits. The last line says whether it came to its end."""
    request = json.loads(sys.argv[1])
    limit_process(request["memory"], request["seconds"], request["parent"])
    file = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # a library that prints must not write between the rows
    output = Output(file)
    try:
        read(request, output)
        output.send(done=True)
    except (BadInput, EmptySource) as error:
        output.send(error=type(error).__name__, message=error.message, remedy=error.remedy)
    except MemoryError:
        output.send(error="MemoryError")
    except BrokenPipeError:
        os._exit(1)  # the parent has what it wanted, or has given up
    except OSError as error:
        output.send(error="OSError", number=error.errno or 0, message=str(error.strerror or error))
    except BaseException as error:  # a panic of a Rust parser is not an Exception
        if "memory" in str(error).lower():
            output.send(error="MemoryError")
        else:
            output.send(error="Exception", message=f"{type(error).__name__}: {error}"[:200])


def limit_process(memory: int, seconds: int, parent: int) -> None:
    """Limit this process's memory and processor time, and let it end with its parent."""
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_CPU, (seconds, seconds))
    # not RLIMIT_AS: that counts address space which is only reserved, and libraries
    resource.setrlimit(resource.RLIMIT_DATA, (memory, memory))
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
        if os.getppid() != parent:  # it ended before we asked
            os._exit(1)
