"""Every page, with much on it, with nothing on it, and with what a person did wrong."""

from urllib.parse import quote

from api.faults import LONGEST_NAME
from tests.browser.content import ADDRESS, LONG, MARKUP, PICTURE
from tests.browser.sight import Sight, sent, started, unfolded

ASKED = quote(MARKUP, safe="")
NONE_FITS = "fits these filters."
TOGETHER = "Correct what is marked, and send it again."

SIGHTS = {
    "log-in": Sight(path="/admin/login", who="nobody", shows="Password"),
    "log-in-refused": Sight(
        path=f"/admin/login?next={ASKED}",
        who="nobody",
        then=sent("Log in", username=MARKUP, password="not this one"),
        status=401,
        shows=MARKUP,
    ),
    "log-in-after-logout": Sight(path="/admin/login?left=", who="nobody", shows="You are logged out."),
    "start": Sight(path="/admin", shows="a name that nobody has"),
    "users": Sight(path="/admin/users", shows=ADDRESS),
    "users-some": Sight(path="/admin/users?limit=2", shows="Next page"),
    "users-none": Sight(path=f"/admin/users?q={ASKED}", shows=NONE_FITS),
    "users-refused": Sight(
        path=f"/admin/users?role={ASKED}&{ASKED}=1&limit={ASKED}", status=400, shows=MARKUP[:LONGEST_NAME]
    ),
    "user": Sight(path="/admin/users/{eve}", shows=ADDRESS),
    "user-long": Sight(path="/admin/users/{long}", shows=LONG),
    "user-deleted": Sight(path="/admin/users/{gone}", shows=ADDRESS),
    "user-oneself": Sight(path="/admin/users/1", shows="Your own role is for another admin to change."),
    "user-saved": Sight(path="/admin/users/{bob}", then=sent("Save"), shows="bob is changed."),
    "user-refused": Sight(
        path="/admin/users/{bob}",
        then=sent("Save", username=MARKUP, email=LONG, data=MARKUP),
        status=400,
        shows=TOGETHER,
    ),
    "user-new": Sight(path="/admin/users/new"),
    "user-new-refused": Sight(
        path="/admin/users/new",
        then=sent("Make the account", username=MARKUP, password="short", email=MARKUP, data=MARKUP),
        status=400,
        shows=MARKUP,
    ),
    "password": Sight(path="/admin/users/{long}/password", shows=LONG),
    "password-of-oneself": Sight(path="/admin/users/1/password", shows="Current password"),
    "password-refused": Sight(
        path="/admin/users/1/password",
        then=sent("Set the password", current_password="not this one", password="a good long one"),
        status=403,
    ),
    "user-delete": Sight(path="/admin/users/{long}/delete", shows="What ends with the account"),
    "defects": Sight(path="/admin/defects", shows=MARKUP),
    "defects-none": Sight(path=f"/admin/defects?q=none{ASKED}", shows=NONE_FITS),
    "defect": Sight(path="/admin/defects/{marked defect}", shows=MARKUP),
    "defect-plain": Sight(path="/admin/defects/{plain defect}", shows="The left door"),
    "defect-long": Sight(path="/admin/defects/{long defect}", shows=LONG),
    "defect-new": Sight(path="/admin/defects/new"),
    "defect-new-refused": Sight(
        path="/admin/defects/new",
        then=sent("Report it", comment=MARKUP, timestamp=MARKUP),
        status=400,
        shows=MARKUP,
    ),
    "defect-delete": Sight(path="/admin/defects/{marked defect}/delete", shows=MARKUP),
    "tasks": Sight(path="/admin/tasks", shows="cancelled"),
    "tasks-none": Sight(path="/admin/tasks?owner=999999", shows=NONE_FITS),
    "task-under-way": Sight(path="/admin/tasks/{under way}", shows="Look again"),
    "task-cancelled": Sight(path="/admin/tasks/{cancelled}", shows="cancelled"),
    "task-succeeded": Sight(path="/admin/tasks/{succeeded}", shows=MARKUP),
    "task-failed": Sight(path="/admin/tasks/{failed task}", shows=MARKUP),
    "task-new": Sight(path="/admin/tasks/new"),
    "task-new-refused": Sight(
        path="/admin/tasks/new", then=sent("Start the delay", seconds=MARKUP), status=400, shows=MARKUP
    ),
    "notices": Sight(path="/admin/notifications", shows=MARKUP),
    "notices-none": Sight(path="/admin/notifications?defect=999999", shows=NONE_FITS),
    "notice": Sight(path="/admin/notifications/{notice}", shows="delivered"),
    "notice-failed": Sight(path="/admin/notifications/{failed}", shows=MARKUP),
    "audit": Sight(path="/admin/audit", shows="user"),
    "audit-none": Sight(path="/admin/audit?object_id=999999", shows=NONE_FITS),
    "audit-refused": Sight(path=f"/admin/audit?since={ASKED}&user={ASKED}", status=400, shows=MARKUP),
    "audit-as-curl": Sight(path="/admin/audit?request_id={request}", then=unfolded, shows="Authorization: Bearer"),
    "entry": Sight(path="/admin/audit/{entry}", shows="Before and after"),
    "request": Sight(path="/admin/requests/{request}", shows="Whom it told"),
    "request-of-nothing": Sight(path=f"/admin/requests/{quote(PICTURE)}", shows=PICTURE),
    "docs": Sight(path="/docs", then=started, shows="What you try here is done as root"),
    "problem": Sight(path="/problems/invalid-input", shows="Invalid input"),
    "not-allowed": Sight(path="/admin", who="bob's token", status=403, shows="Log in as somebody else"),
    "not-there": Sight(path="/admin/users/999999", status=404),
    "no-such-page": Sight(path=f"/admin/{ASKED}", status=404),
}
