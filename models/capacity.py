"""How the serving threads of a process are shared among kinds of slow work."""

from models.bulkhead import Bulkhead

# What the bulkheads leave free is for everything else, `/livez` and `GET /` above all.
SERVING_THREADS = 28
FREE_THREADS = 5

PASSWORDS_WAIT = "Too many passwords are waiting to be hashed; try again in a moment."
LOG_INS = Bulkhead(
    "log-ins", places=3, per_network=2, per_person=1, waiting=2, wait_seconds=1.0, refusal=PASSWORDS_WAIT
)
SIGN_UPS = Bulkhead(
    "sign-ups", places=3, per_network=2, per_person=1, waiting=1, wait_seconds=1.0, refusal=PASSWORDS_WAIT
)
OWN_PASSWORDS = Bulkhead(
    "own passwords", places=3, per_network=2, per_person=1, waiting=1, wait_seconds=1.0, refusal=PASSWORDS_WAIT
)
# Of admins, for others: a reset and a new account never wait behind users.
SET_PASSWORDS = Bulkhead(
    "set passwords", places=2, per_network=2, per_person=1, waiting=1, wait_seconds=1.0, refusal=PASSWORDS_WAIT
)
SEARCHES = Bulkhead(
    "searches",
    places=2,
    per_network=1,
    per_person=1,
    waiting=1,
    wait_seconds=1.0,
    refusal="Too many searches are running; try again in a moment.",
)
TASK_WAITS = Bulkhead("task waits", places=4, per_network=3, per_person=2)
BULKHEADS = (LOG_INS, SIGN_UPS, OWN_PASSWORDS, SET_PASSWORDS, SEARCHES, TASK_WAITS)
