"""gunicorn as the product configures it, but for hashes that cost little: no finding hangs on their cost.

At the product's cost, half of a run would be bcrypt.
"""

from gunicorn.app.wsgiapp import run

from models import password

if __name__ == "__main__":
    password.COST = 4
    run()
