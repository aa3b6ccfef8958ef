"""How a delivery can fail to end. None of these messages holds an address."""

from shared.errors import VectoraError


class MailError(VectoraError):
    """Base of what handing one mail over to SES can raise."""


class MailRefusedError(MailError):
    """SES refused this recipient or mail; nothing was sent, the others may go on."""


class MailThrottledError(MailError):
    """SES did not take the mail now; nothing was sent, the same mail may be tried again."""


class MailDoubtfulError(MailError):
    """The connection or SES broke after the request left: nobody here can know whether the mail went out."""


class SenderBlockedError(MailError):
    """SES refuses this account or sender altogether; nothing was sent."""


class RetryLaterError(VectoraError):
    """The delivery is to be resumed by the same message after `seconds`."""

    def __init__(self, message: str, seconds: int) -> None:
        super().__init__(message)
        self.seconds = seconds


class DeliveryFailedError(VectoraError):
    """Not one recipient could be served: the edition is not sent."""
