"""Errors that cross module borders. Each message is one line for an operator and names the next step."""


class VectoraError(Exception):
    """Base of every error that the product raises on purpose."""


class ConfigError(VectoraError):
    """The configuration is wrong; the message names file and line where they are known."""


class InputError(VectoraError):
    """An event, message or command argument is unusable as it stands; repeating it cannot help."""


class NotFoundError(VectoraError):
    """A record or object that must exist does not."""


class ConflictError(VectoraError):
    """A conditional write lost: somebody else already did, or changed, this."""


class RunFailedError(VectoraError):
    """A run in which nothing worked: it must surface as an error, never as statusCode 200."""
