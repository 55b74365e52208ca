"""The receiver of its own tests, for those of its metrics."""

from tests.receiver.conftest import bench, start

__all__ = ["bench", "start"]
