"""Forms of signing in. Shape only: who may come in is decided by the service."""

from flask_wtf import FlaskForm
from wtforms import BooleanField, PasswordField, StringField
from wtforms.fields.choices import SelectChoice  # type: ignore[attr-defined]  # its types are older than it
from wtforms.validators import ValidationError

from festival.accounts.rules import NotAnAddress, Reachable, read_address
from festival.accounts.wording import address_words
from festival.lib.fields import LineField, Needed, OneOfRadioField, Ticked
from festival.lib.i18n import Locale, _l


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


class EmptyForm(FlaskForm):
    """A button and its token."""
