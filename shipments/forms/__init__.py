"""The forms of the act pages: one for each act, each calling one service."""

from shipments.forms.base import ActForm
from shipments.forms.certifying import CertifyForm, WithdrawForm
from shipments.forms.correcting import CorrectForm
from shipments.forms.ending import DisposeForm, LiftRecallForm, RecallForm, SellForm
from shipments.forms.looking import DocumentForm, GradeForm, SampleForm
from shipments.forms.making import CloseForm, PackForm, ProcessForm, RoastForm, SplitForm
from shipments.forms.moving import DispatchForm, ReceiveForm, RefuseForm, TakeInForm, TransferTitleForm
from shipments.forms.paying import PayForm
from shipments.services.desk import ROLES

# In the order of the menu.
ACT_FORMS: dict[str, type[ActForm]] = {
    form.slug: form
    for form in (
        TakeInForm,
        CloseForm,
        ProcessForm,
        RoastForm,
        PackForm,
        SplitForm,
        DispatchForm,
        TransferTitleForm,
        SellForm,
        PayForm,
        DisposeForm,
        GradeForm,
        SampleForm,
        DocumentForm,
        RecallForm,
        ReceiveForm,
        RefuseForm,
        LiftRecallForm,
        CorrectForm,
        CertifyForm,
        WithdrawForm,
    )
}
# What a business does. Auditors have a window of their own.
MENU = [form for form in ACT_FORMS.values() if form.about is None and form.roles == ROLES]
