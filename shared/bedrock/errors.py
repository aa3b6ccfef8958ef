"""How a model call can fail: each kind has its own consequence."""

from shared.errors import VectoraError


class ModelError(VectoraError):
    """Base of every failed model call."""


class Throttled(ModelError):
    """Throttled in every attempt: the caller comes back later. `attempts` calls were made."""

    def __init__(self, message: str, attempts: int) -> None:
        super().__init__(message)
        self.attempts = attempts


class OutOfTime(ModelError):
    """The pace or the back-off asks for more time than there is; `wait` is how many seconds were needed."""

    def __init__(self, message: str, wait: float) -> None:
        super().__init__(message)
        self.wait = wait


class ModelUnavailable(ModelError):
    """A time-out, a broken connection or a server error: not retried here, but worth coming back for."""


class ModelRefused(ModelError):
    """Access, validation or a missing model: repeating the same call cannot help."""


class MalformedAnswer(ModelError):
    """The model did not answer through the tool that it was given; what it used is paid for all the same."""

    def __init__(self, message: str, input_tokens: int = 0, output_tokens: int = 0) -> None:
        super().__init__(message)
        self.input_tokens, self.output_tokens = input_tokens, output_tokens
