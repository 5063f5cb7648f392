package portal

import "github.com/vitrine-portal/vitrine/internal/account"

// Identifiers name one thing and its kind: "tsk_" and 26 characters that sort
// by the time they were made.
type (
	// PersonID names one human, whichever side they are on.
	PersonID = account.PersonID

	ClientID      string // cli_
	ClientUserID  string // cus_
	InvitationID  string // inv_
	ProjectID     string // prj_
	MilestoneID   string // mst_
	TaskID        string // tsk_
	DeliverableID string // dlv_
	LinkID        string // dln_, a link in a deliverable
	UpdateID      string // upd_
	EventID       string // evt_
	TemplateID    string // tpl_
	FeedID        string // fed_, a calendar feed
	MailID        string // mai_
	FolderID      string // fol_
	FileID        string // fil_
	VersionID     string // ver_, of a file
	UploadID      string // upl_
	FileRequestID string // frq_
	ShareLinkID   string // lnk_
	ThreadID      string // thr_
	MessageID     string // msg_
	IncomingID    string // inm_, a mail that came in
	NoticeID      string // ntc_
	ApprovalID    string // apr_
	DecisionID    string // dec_, an answer to an approval
	CallID        string // cal_, what somebody said by phone to one
	SignoffID     string // sgn_
	CertificateID string // crt_
	RevisionID    string // rev_, a revision request
	ChangeID      string // rvi_, one point of a revision request
	DeviceID      string // dev_, a browser that takes pushes
	UnsentID      string // uns_, a comment that was not sent yet
)

// Actor is whom a Scope acts for: a person, or a client user whose view is
// looked at. The zero Actor is nobody.
type Actor struct {
	id       string
	person   PersonID
	readOnly bool
}

// PersonActor acts as the person.
func PersonActor(id PersonID) Actor { return Actor{id: string(id), person: id} }

// ReadOnly is the same actor, refused every change.
func (a Actor) ReadOnly() Actor { a.readOnly = true; return a }
