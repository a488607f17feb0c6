"""`/user`: sign up, and one's own account by name."""

from urllib.parse import quote

import falcon

from hooks import authenticated, body, load
from models.account import MergedProfile, NewAccount, ReplacedProfile
from models.roles import Role
from models.user import User
from resources import Resource


class SignUp(Resource):
    """The open door: anyone may make an account for themselves."""

    @falcon.before(body, NewAccount)
    def on_post(self, req: falcon.Request, resp: falcon.Response, body: NewAccount) -> None:
        """Sign up.

        Makes an account with the role `user`. Whatever else you want to keep goes under `data`.

        201 Account: the account; Location says where it is
        403: sign-up is closed here
        409: the username is taken
        """
        account = User.sign_up(body)
        resp.status = falcon.HTTP_201
        resp.location = f"/user/{quote(account.username)}"
        resp.media = account.to_dict(for_admin=False)


@falcon.before(authenticated)
class OneAccount(Resource):
    """An account, for its owner and for admins."""

    @falcon.before(load, "username", account=User.seen_by)
    def on_get(self, req: falcon.Request, resp: falcon.Response, actor: User, account: User) -> None:
        """Read an account.

        200 Account: the account
        """
        _show(resp, account, to=actor)

    @falcon.before(load, "username", account=User.seen_by)
    @falcon.before(body, ReplacedProfile)
    def on_put(
        self, req: falcon.Request, resp: falcon.Response, actor: User, account: User, body: ReplacedProfile
    ) -> None:
        """Replace an account's data.

        The e-mail address changes if one is given; null takes it away.

        200 Account: the account as it is now
        """
        _show(resp, account.replace_profile(body, by=actor), to=actor)

    @falcon.before(load, "username", account=User.seen_by)
    @falcon.before(body, MergedProfile)
    def on_patch(
        self, req: falcon.Request, resp: falcon.Response, actor: User, account: User, body: MergedProfile
    ) -> None:
        """Merge into an account's data.

        `data` is a merge patch (RFC 7396): null takes a key away, what is not named stays.

        200 Account: the account as it is now
        """
        _show(resp, account.merge_profile(body, by=actor), to=actor)

    @falcon.before(load, "username", account=User.seen_by)
    def on_delete(self, req: falcon.Request, resp: falcon.Response, actor: User, account: User) -> None:
        """Delete an account for good.

        Its sessions end at once. The last admin can't be deleted.

        204: it is gone
        409: it is the last admin
        """
        account.erase(by=actor)
        resp.status = falcon.HTTP_204


def _show(resp: falcon.Response, account: User, *, to: User) -> None:
    resp.media = account.to_dict(for_admin=to.role == Role.ADMIN)
