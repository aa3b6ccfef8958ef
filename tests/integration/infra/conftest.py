from tests.integration.normalize.conftest import _credentials, aws

__all__ = ["_credentials", "aws"]
