"""The service's secret in the tests, and others that are as good as random."""

from django.conf import settings

SECRET = settings.SECRETS["service_pwd"].value
NEW = "new:u7YcQm2XrT9vLpK4dZbWf1"
THIRD = "third:Hs8GnE3jVyA6oRk0tMxDq5"
