"""Forms of signing in. Shape only: who may come in is decided by the service."""

from collections.abc import Sequence
from typing import Self

from flask_wtf import FlaskForm
from wtforms import BooleanField, PasswordField, StringField
from wtforms.fields.choices import SelectChoice  # type: ignore[attr-defined]  # its types are older than it
from wtforms.validators import ValidationError

from festival.accounts.rules import NotAnAddress, Reachable, Role, read_address
from festival.accounts.wording import ROLE_WORDS, address_words
from festival.lib.fields import LineField, Needed, OneOfField, OneOfRadioField, Ticked, at_most
from festival.lib.i18n import Locale, _, _l


class AddressForm(FlaskForm):
    """Where a code is to be sent."""

    address = LineField(
        _l("手机号或邮箱"),
        validators=[Needed()],
        description=_l("中国大陆手机号，或任意邮箱。首次使用即完成注册，无需设密码。"),
        render_kw={
            "autocomplete": "username",
            "inputmode": "email",
            "autocapitalize": "none",
            "maxlength": 254,
            "required": True,
        },
    )

    def validate_address(self, field: StringField) -> None:
        """Judge what was typed."""
        address = read_address(field.data or "")
        if isinstance(address, NotAnAddress):
            raise ValidationError(address_words(address))

    def value(self) -> Reachable:
        """Return the address in its normal form; call it on a valid form."""
        address = read_address(self.address.data or "")
        assert isinstance(address, Reachable)
        return address


class NewAddressForm(AddressForm):
    """Another way to sign in."""

    address = LineField(
        _l("新的手机号或邮箱"),
        validators=[Needed()],
        description=_l("新手机号会替换原手机号，新邮箱会替换原邮箱。"),
        render_kw={"inputmode": "email", "autocapitalize": "none", "maxlength": 254, "required": True},
    )


class CodeForm(FlaskForm):
    """The code that came."""

    code = LineField(
        _l("验证码"),
        validators=[Needed()],
        render_kw={
            "autocomplete": "one-time-code",
            "inputmode": "numeric",
            "maxlength": 12,  # spaces and full-width digits are understood
            "required": True,
            "autofocus": True,
        },
    )


class LanguageForm(FlaskForm):
    """The language of messages."""

    language = OneOfRadioField(
        _l("消息语言"),
        validators=[Needed()],
        choices=[SelectChoice(value="zh", label="中文"), SelectChoice(value="en", label="English")],
    )

    def value(self) -> Locale:
        """Return the language; call it on a valid form."""
        return "en" if self.language.data == "en" else "zh"


class ForgetForm(FlaskForm):
    """Somebody asks to be forgotten."""

    confirm = BooleanField(_l("我已了解，确认注销账号"), validators=[Ticked(_l("请先勾选确认"))])


class StaffSignInForm(FlaskForm):
    """Name and password. Neither is judged here: whatever is wrong reads the same."""

    name = LineField(
        _l("用户名"),
        validators=[Needed()],
        render_kw={"autocomplete": "username", "autocapitalize": "none", "required": True, "maxlength": 64},
    )
    password = PasswordField(
        _l("密码"), validators=[Needed()], render_kw={"autocomplete": "current-password", "required": True, "maxlength": 1024}
    )


_OTP = {"autocomplete": "one-time-code", "maxlength": 32, "required": True, "autofocus": True}


class SecondFactorForm(FlaskForm):
    """The number of the authenticator, or a recovery code."""

    otp = LineField(
        _l("动态口令"),
        validators=[Needed()],
        description=_l("打开手机上的验证器，填写现在显示的 6 位数字；手机不在身边时，填写一个恢复码。"),
        render_kw=_OTP,
    )


class NewSecondFactorForm(FlaskForm):
    """The first number of an authenticator, as proof that it was set up."""

    otp = LineField(_l("验证器显示的 6 位数字"), validators=[Needed()], render_kw=_OTP)


class PasswordForm(FlaskForm):
    """A new password, twice."""

    password = PasswordField(
        _l("新密码"),
        validators=[Needed()],
        description=_l("至少 12 个字符。几个不相干的词连在一起，好记又难猜。"),
        render_kw={"autocomplete": "new-password", "required": True, "maxlength": 1024},
    )
    again = PasswordField(
        _l("再填一次"), validators=[Needed()], render_kw={"autocomplete": "new-password", "required": True, "maxlength": 1024}
    )


def _contact(field: StringField) -> None:
    """Judge an optional number or mail address."""
    address = read_address(field.data or "") if field.data else None
    if isinstance(address, NotAnAddress):
        raise ValidationError(address_words(address))


def _reachable(typed: str | None) -> Reachable | None:
    address = read_address(typed or "") if typed else None
    return address if isinstance(address, Reachable) else None


class GrantForm(FlaskForm):
    """A role, for the whole festival or for one activity."""

    role = OneOfRadioField(
        _l("角色"),
        validators=[Needed()],
        choices=[SelectChoice(value=role.value, label=words) for role, words in ROLE_WORDS.items()],
    )
    activity = OneOfField(_l("范围"), description=_l("只负责一个活动时，请选择该活动；范围之外的一切对其不可见。"))

    @classmethod
    def with_activities(cls, activities: Sequence[tuple[int, str]], *, is_fresh: bool = False) -> Self:
        """Return the form with the activities to choose from.

        :param is_fresh: whatever was posted is not looked at.
        """
        form = cls(formdata=None) if is_fresh else cls()
        form.activity.choices = [
            SelectChoice(value="", label=_("整个活动季")),
            *(SelectChoice(value=str(id_), label=title) for id_, title in activities),
        ]
        return form

    def granted(self) -> tuple[Role, int | None]:
        """Return role and activity (None: the whole festival); call it on a valid form."""
        return Role(self.role.data), int(self.activity.data) if self.activity.data else None


class InviteForm(GrantForm):
    """A new member of staff."""

    name = LineField(
        _l("用户名"),
        validators=[Needed(), at_most(64)],
        description=_l("用于登录，如 wang-li"),
        render_kw={"autocapitalize": "none", "autocomplete": "off", "maxlength": 64, "required": True},
    )
    contact = LineField(
        _l("手机号或邮箱"),
        description=_l("填写邮箱：设置密码的链接寄到该邮箱。留空或填写手机号：链接显示一次，由您转交。"),
        render_kw={"inputmode": "email", "autocapitalize": "none", "autocomplete": "off", "maxlength": 254},
    )

    def validate_contact(self, field: StringField) -> None:
        """Judge what was typed."""
        _contact(field)

    def reachable(self) -> Reachable | None:
        """Return how they are reached; None: it was left empty."""
        return _reachable(self.contact.data)


class ContactForm(FlaskForm):
    """How a member of staff is reached."""

    contact = LineField(
        _l("手机号或邮箱"),
        description=_l("只用于寄出密码链接，以及避免本人审核自己的报名。"),
        render_kw={"inputmode": "email", "autocapitalize": "none", "autocomplete": "off", "maxlength": 254},
    )

    def validate_contact(self, field: StringField) -> None:
        """Judge what was typed."""
        _contact(field)

    def reachable(self) -> Reachable | None:
        """Return how they are reached; None: it was left empty."""
        return _reachable(self.contact.data)
