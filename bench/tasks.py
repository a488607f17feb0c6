"""What a task costs from its POST to its end, how many end in a second, and how late delays are."""

import argparse
import http.client
import json
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from datetime import timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import dramatiq
import redis as redis_py

import logs
from bench.servers import bare_dramatiq, gunicorn, program, redis, sign_in
from models.schema import migrate
from models.stores import connect, database
from models.task import Task
from models.task_kinds import NewDelay, Status
from models.user import User
from settings import Settings
from workers import sandbox
from workers.sending import Sender

PORTS = {"aerie": "18000", "bare": "18001"}
# Of each round.
ROUND_TRIPS, IDLE_DRAMATIQ = 40, 10
NO_OPS, PROCESSES = 5_000, 2
DELAYS, SECONDS = 10_000, 1
AT_A_TIME = 50
LONGEST = 120
DELAY_0 = {"type": "delay", "seconds": 0}
ONE_PLUS_ONE = {"type": "javascript", "code": "1+1"}
