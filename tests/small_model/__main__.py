"""Installs the model and its server, so that the test does not wait for them."""

from tests.clients import environments
from tests.small_model import PINS

environments.environment(PINS)
