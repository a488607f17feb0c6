"""`/user`: sign up, and one's own account by name."""

from urllib.parse import quote

import falcon

from hooks import authenticated, body, client, if_match, load
from models import policy
from models.account import MergedProfile, NewAccount, ReplacedProfile
from models.login import Client
from models.user import User
from models.version import Expected
from resources import Resource
from resources.versioned import show


class SignUp(Resource):
    """The open door: anyone may make an account for themselves."""

    @falcon.before(body, NewAccount)
    @falcon.before(client)
    def on_post(self, req: falcon.Request, resp: falcon.Response, body: NewAccount, client: Client) -> None:
        """Sign up.

        Makes an account with the role `user`. Whatever else you want to keep goes under `data`.

        201 Account: the account; Location says where it is
        403: sign-up is closed here
        409: the username is taken
        429: too many accounts were made from that address
        """
        user = User.sign_up(body, address=client.address)
        resp.status = falcon.HTTP_201
        resp.location = f"/user/{quote(user.username)}"
        show(req, resp, user.to_dict(for_admin=False))


@falcon.before(authenticated)
class OneAccount(Resource):
    """An account, for its owner and for admins."""

    @falcon.before(load, "username", user=User.named)
    def on_get(self, req: falcon.Request, resp: falcon.Response, actor: User, user: User) -> None:
        """Read an account.

        Everything that is kept of its owner, but for the password.

        200 Account: the account
        """
        show(req, resp, user.shown_to(actor))

    @falcon.before(load, "username", user=User.named)
    @falcon.before(if_match)
    @falcon.before(body, ReplacedProfile, user=policy.keep_own_role)
    def on_put(
        self,
        req: falcon.Request,
        resp: falcon.Response,
        actor: User,
        user: User,
        body: ReplacedProfile,
        expected: Expected,
    ) -> None:
        """Replace an account's data.

        The e-mail address changes if one is given; null takes it away.

        200 Account: the account as it is now
        """
        show(req, resp, user.replace_fields(body, by=actor, expected=expected).shown_to(actor))

    @falcon.before(load, "username", user=User.named)
    @falcon.before(if_match)
    @falcon.before(body, MergedProfile, user=policy.keep_own_role)
    def on_patch(
        self,
        req: falcon.Request,
        resp: falcon.Response,
        actor: User,
        user: User,
        body: MergedProfile,
        expected: Expected,
    ) -> None:
        """Merge into an account's data.

        `data` is a merge patch (RFC 7396): null takes a key away, what is not named stays.

        200 Account: the account as it is now
        """
        show(req, resp, user.merge_fields(body, by=actor, expected=expected).shown_to(actor))

    @falcon.before(load, "username", user=User.named)
    @falcon.before(if_match)
    def on_delete(
        self, req: falcon.Request, resp: falcon.Response, actor: User, user: User, expected: Expected
    ) -> None:
        """Delete an account for good.

        Its sessions end at once. The last admin can't be deleted.

        204: it is gone
        409: it is the last admin
        """
        user.erase(by=actor, expected=expected)
        resp.status = falcon.HTTP_204
