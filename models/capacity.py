"""How the serving threads of a process are shared among kinds of slow work."""

from models.bulkhead import Bulkhead

# Each thread keeps a connection to the database, so that more of them need a larger Postgres.
SERVING_THREADS = 24
# The most that clients of one network hold, in bulkheads and elsewhere.
THREADS_PER_NETWORK = 18
# The same while another network is active.
THREADS_PER_SHARE = 6
# The most that wait for bodies: those of more than 64 KiB, and those that clients send after 100 Continue.
BODY_THREADS = 2
# For everything that is in no bulkhead: `/livez` and `GET /` above all.
FREE_THREADS = 2

PASSWORDS_WAIT = "Too many passwords are waiting to be hashed; try again in a moment."
SEARCHES_RUN = "Too many searches are running; try again in a moment."

# One hash at a time of each kind; the waiting queue decides which network is next.
LOG_INS = Bulkhead("log-ins", places=1, waiting=3, wait_seconds=2.0, refusal=PASSWORDS_WAIT)
SIGN_UPS = Bulkhead("sign-ups", places=1, waiting=2, wait_seconds=2.0, refusal=PASSWORDS_WAIT)
OWN_PASSWORDS = Bulkhead("own passwords", places=1, waiting=2, wait_seconds=2.0, refusal=PASSWORDS_WAIT)
# Passwords that admins give to others: a reset and a new account never wait behind users.
SET_PASSWORDS = Bulkhead("set passwords", places=1, waiting=2, wait_seconds=2.0, refusal=PASSWORDS_WAIT)
SEARCHES = Bulkhead("searches", places=2, waiting=1, wait_seconds=3.0, refusal=SEARCHES_RUN)
TASK_WAITS = Bulkhead("task waits", places=4, per_network=3, per_person=2, waiting=0, wait_seconds=0.0)
BULKHEADS = (LOG_INS, SIGN_UPS, OWN_PASSWORDS, SET_PASSWORDS, SEARCHES, TASK_WAITS)
