"""A rate limit that holds: one atomic token bucket per caller in Redis."""

import functools
import time
from typing import Any

import redis
from django.conf import settings
from django.core.cache import cache
from redis.commands.core import Script
from redis.exceptions import RedisError
from rest_framework.request import Request
from rest_framework.throttling import BaseThrottle

# Refills continuously; answers the seconds to wait, 0 when the call may go on. DRF's own throttles read and write in
# two steps, which lets parallel callers through.
_TAKE = """
local bucket = redis.call('HMGET', KEYS[1], 'level', 'at')
local rate, size, now = tonumber(ARGV[1]), tonumber(ARGV[2]), tonumber(ARGV[3])
local level = math.min(size, (tonumber(bucket[1]) or size) + (now - (tonumber(bucket[2]) or now)) * rate)
local wait = 0
if level < 1 then wait = (1 - level) / rate else level = level - 1 end
redis.call('HSET', KEYS[1], 'level', tostring(level), 'at', tostring(now))
redis.call('EXPIRE', KEYS[1], 120)
return tostring(wait)
"""


# Sent by its hash; the text goes along only where Redis does not know it yet.
_take = Script(redis.Redis(), _TAKE)


@functools.cache
def _client(url: str) -> redis.Redis:
    """One client for all threads: Django's cache would make one per call, which costs as much as the call."""
    return redis.Redis.from_url(url)


class TokenBucketThrottle(BaseThrottle):
    """Per person, or per address of a stranger: settings.API_REQUESTS_PER_MINUTE, with bursts of a tenth of it."""

    wait_seconds = 0.0

    def allow_request(self, request: Request, view: Any) -> bool:
        """Takes one from the caller's bucket. Where Redis is down everybody may go on."""
        rate = settings.API_REQUESTS_PER_MINUTE / 60
        # By person and not by token: many tokens are no more than one.
        caller = f"u{request.user.pk}" if request.user.pk else self.get_ident(request)
        try:
            answer = _take(
                keys=[cache.make_key(f"throttle:{caller}")],
                args=[rate, max(rate * 6, 10), time.time()],
                client=_client(settings.REDIS_URL),
            )
        except RedisError:
            return True
        self.wait_seconds = float(answer)
        return self.wait_seconds == 0

    def wait(self) -> float:
        return self.wait_seconds
