package portal

import (
	"maps"
	"slices"
)

// A Kind is what an event is about, in the past tense.
type Kind string

// What can happen.
const (
	WorkspaceSetUp   Kind = "workspace_set_up"
	WorkspaceChanged Kind = "workspace_changed"

	TeamMemberInvited Kind = "team_member_invited"
	TeamMemberJoined  Kind = "team_member_joined"
	TeamRoleChanged   Kind = "team_role_changed"
	TeamMemberRemoved Kind = "team_member_removed"

	ClientAdded     Kind = "client_added"
	ClientChanged   Kind = "client_changed"
	ClientArchived  Kind = "client_archived"
	ClientRestored  Kind = "client_restored"
	ClientTeamed    Kind = "client_teamed"   // a team member was put on a client
	ClientUnteamed  Kind = "client_unteamed" // or taken off
	PortalEnabled   Kind = "portal_enabled"
	PortalDisabled  Kind = "portal_disabled"
	AccessChanged   Kind = "access_changed" // settings of portal access
	ClientUserAdded Kind = "client_user_added"
	RightsChanged   Kind = "rights_changed"
	UserInvited     Kind = "user_invited"
	InvitationAsked Kind = "invitation_asked" // the holder of a dead one asks for another
	InvitationEnded Kind = "invitation_ended"
	LinkCopied      Kind = "link_copied" // of an invitation
	UserJoined      Kind = "user_joined"
	UserSuspended   Kind = "user_suspended"
	UserResumed     Kind = "user_resumed"
	UserRemoved     Kind = "user_removed"
	UserReaddressed Kind = "user_readdressed"
	ViewedAs        Kind = "viewed_as"

	ProjectCreated  Kind = "project_created"
	ProjectChanged  Kind = "project_changed"
	ProjectShared   Kind = "project_shared"
	ProjectUnshared Kind = "project_unshared"
	ProjectArchived Kind = "project_archived"
	ProjectRestored Kind = "project_restored"
	SectionsChanged Kind = "sections_changed"
	ProjectTeamed   Kind = "project_teamed"
	ProjectUnteamed Kind = "project_unteamed"

	UpdatePublished Kind = "update_published"
	UpdateEdited    Kind = "update_edited"
	UpdateDeleted   Kind = "update_deleted"

	MilestoneAdded    Kind = "milestone_added"
	MilestoneChanged  Kind = "milestone_changed"
	MilestoneShifted  Kind = "milestone_shifted"
	MilestoneReached  Kind = "milestone_reached"
	MilestoneReopened Kind = "milestone_reopened"
	MilestoneDeleted  Kind = "milestone_deleted"

	TaskAdded     Kind = "task_added"
	TaskChanged   Kind = "task_changed"
	TaskAssigned  Kind = "task_assigned"
	TaskStarted   Kind = "task_started"
	TaskCompleted Kind = "task_completed"
	TaskReopened  Kind = "task_reopened"
	TaskDeleted   Kind = "task_deleted"

	DeliverableAdded     Kind = "deliverable_added"
	DeliverableChanged   Kind = "deliverable_changed"
	DeliverableShared    Kind = "deliverable_shared"
	DeliverableInReview  Kind = "deliverable_in_review"
	DeliverableReturned  Kind = "deliverable_returned" // changes requested
	DeliverableApproved  Kind = "deliverable_approved"
	DeliverableSignedOff Kind = "deliverable_signed_off"
	DeliverableWithdrawn Kind = "deliverable_withdrawn"
	DeliverableDeleted   Kind = "deliverable_deleted"

	FolderAdded     Kind = "folder_added"
	FolderRenamed   Kind = "folder_renamed"
	FolderMoved     Kind = "folder_moved"
	FolderTrashed   Kind = "folder_trashed"
	FolderRestored  Kind = "folder_restored"
	FileAdded       Kind = "file_added"
	VersionAdded    Kind = "version_added"
	VersionShown    Kind = "version_shown"
	VersionRestored Kind = "version_restored" // an earlier one was brought back, as a new one
	FileRenamed     Kind = "file_renamed"
	FileMoved       Kind = "file_moved"
	FileCopied      Kind = "file_copied"
	FilePinned      Kind = "file_pinned"
	FileUnpinned    Kind = "file_unpinned"
	FileTrashed     Kind = "file_trashed"
	FileRestored    Kind = "file_restored" // from the trash
	FilePurged      Kind = "file_purged"
	FileInfected    Kind = "file_infected"
	FileAttached    Kind = "file_attached" // to a deliverable or an update
	FileDetached    Kind = "file_detached"

	FileRequested        Kind = "file_requested"
	FileRequestChanged   Kind = "file_request_changed"
	FileRequestAnswered  Kind = "file_request_answered"
	FilesAccepted        Kind = "files_accepted"
	FilesRefused         Kind = "files_refused"
	FileRequestWithdrawn Kind = "file_request_withdrawn"

	ApprovalPrepared   Kind = "approval_prepared" // a draft was saved
	AnswerRefused      Kind = "answer_refused"    // one came that was not taken: to something older, or of who may not
	MoreRefused        Kind = "more_refused"      // more of them than are recorded one by one
	ApprovalCertified  Kind = "approval_certified"
	ApprovalRequested  Kind = "approval_requested"
	ApprovalAdvanced   Kind = "approval_advanced" // the next stage of the same side is asked
	ApprovalViewed     Kind = "approval_viewed"
	ApprovalAnswered   Kind = "approval_answered" // and more answers are awaited
	ApprovalApproved   Kind = "approval_approved"
	ApprovalPassed     Kind = "approval_passed"   // a stage of the team's, and the client is next
	ApprovalReturned   Kind = "approval_returned" // changes requested
	ApprovalDeclined   Kind = "approval_declined"
	ApprovalUndone     Kind = "approval_undone"
	ApprovalReminded   Kind = "approval_reminded"
	ApprovalDelegated  Kind = "approval_delegated"  // by whoever was asked, to a colleague
	ApprovalDeputised  Kind = "approval_deputised"  // to the deputy of somebody who is away
	ApprovalCameBack   Kind = "approval_came_back"  // from there, once they are not
	ApprovalReassigned Kind = "approval_reassigned" // by the team, to somebody else
	ApprovalTaken      Kind = "approval_taken"      // by a lead of the client, as nobody answered
	ApprovalUnseen     Kind = "approval_unseen"     // too few who are asked next can look at all of it
	ApprovalStranded   Kind = "approval_stranded"   // nobody who is asked can answer any more
	ApprovalLacks      Kind = "approval_lacks"      // somebody cannot answer any more, without whom it cannot be approved
	ApprovalEscalated  Kind = "approval_escalated"  // it is overdue: others are told
	DeputyNamed        Kind = "deputy_named"
	DeputyEnded        Kind = "deputy_ended"
	ApprovalCancelled  Kind = "approval_cancelled"
	ApprovalSuperseded Kind = "approval_superseded"
	ApprovalExpired    Kind = "approval_expired"

	ApprovalCallNoted     Kind = "approval_call_noted" // what one who is asked said by phone
	ApprovalCallWithdrawn Kind = "approval_call_withdrawn"
	ApprovalCallDenied    Kind = "approval_call_denied" // it was different, they say
	ApprovalCallVoided    Kind = "approval_call_voided" // they lost the client

	RevisionRequested Kind = "revision_requested"
	RevisionWithdrawn Kind = "revision_withdrawn" // with the answer that it came of
	ChangeErased      Kind = "change_erased"      // with the comment that it was made of
	ChangeDone        Kind = "change_done"
	ChangeRefused     Kind = "change_refused"
	ChangeUnclear     Kind = "change_unclear" // the team has a question
	ChangeClarified   Kind = "change_clarified"
	ChangeReopened    Kind = "change_reopened"
	ChangePriced      Kind = "change_priced" // it is out of scope
	PriceAccepted     Kind = "price_accepted"
	PriceDeclined     Kind = "price_declined"

	SignoffAsked     Kind = "signoff_asked"
	SignoffViewed    Kind = "signoff_viewed"
	SignoffSigned    Kind = "signoff_signed"
	SignoffDeclined  Kind = "signoff_declined"
	SignoffWithdrawn Kind = "signoff_withdrawn"
	SignoffReminded  Kind = "signoff_reminded"
	SignoffEscalated Kind = "signoff_escalated" // it is overdue: others are told

	CertificateMade Kind = "certificate_made" // the paper of one

	HandoverTaken Kind = "handover_taken" // all that one may have of a project, in one archive

	FileShared       Kind = "file_shared" // a share link was made
	ShareLinkRevoked Kind = "share_link_revoked"
	ShareLinkOpened  Kind = "share_link_opened" // and the file taken; once a day

	ConversationStarted Kind = "conversation_started"
	MessagePosted       Kind = "message_posted"
	MessageEdited       Kind = "message_edited"
	MessageDeleted      Kind = "message_deleted"
	MessageErased       Kind = "message_erased"
	CommentAdded        Kind = "comment_added"
	CommentAnswered     Kind = "comment_answered"
	FeedbackSent        Kind = "feedback_sent" // several comments on places at once
	CommentsResolved    Kind = "comments_resolved"
	CommentsReopened    Kind = "comments_reopened"
	QuestionSettled     Kind = "question_settled" // the team found that no answer is needed

	TurnPassed    Kind = "turn_passed"
	ItemRevealed  Kind = "item_revealed"
	ItemConcealed Kind = "item_concealed"

	TemplateSaved   Kind = "template_saved"
	TemplateDeleted Kind = "template_deleted"
	FeedMade        Kind = "feed_made"
	FeedRevoked     Kind = "feed_revoked"
	MailRetried     Kind = "mail_retried"

	BackupBroughtBack Kind = "backup_brought_back" // the database is older than what was worked with
	HeldMailsReleased Kind = "held_mails_released"
	HeldMailsDropped  Kind = "held_mails_dropped"

	IncomingAccepted Kind = "incoming_accepted" // a mail that was held was let in
	IncomingPutAway  Kind = "incoming_discarded"

	SignedIn         Kind = "signed_in"
	SignInFailed     Kind = "sign_in_failed"
	CodeRequested    Kind = "code_requested"
	ResetRequested   Kind = "reset_requested"
	PasswordChanged  Kind = "password_changed"
	EmailChangeAsked Kind = "email_change_asked"
	EmailChanged     Kind = "email_changed"
	SessionEnded     Kind = "session_ended"
	TokenCreated     Kind = "token_created"
	TokenRevoked     Kind = "token_revoked"
	ProfileSaved     Kind = "profile_saved"

	IdentityProved    Kind = "identity_proved"
	PersonConfirmed   Kind = "person_confirmed"
	PersonDisabled    Kind = "person_disabled"
	PersonEnabled     Kind = "person_enabled"
	ViewingAsStarted  Kind = "viewing_as_started"
	ViewingAsFinished Kind = "viewing_as_finished"
)

// Where an event is told.
type place int

const (
	auditOnly   place = iota + 1 // the audit log
	clientFeed                   // and the activity of the client, for its managers
	projectFeed                  // and the activity of the project
)

// particulars of a kind: the one place that says what follows from an event.
// Each has a sentence in the message catalogue: "event." and its name.
type particulars struct {
	place   place
	section Sections // the section it shows under; 0 shows with the activity itself
	mail    string   // mail to the event's person at once: its kind in notify; "" sends none
	topic   Topics   // whoever may see it and chose the topic gets a notice; 0 makes none
	closes  bool     // ends the live streams of those whom it concerns, or has them look again
	talk    bool     // something was said: no count of items changes
	rises   bool     // a notice of it rises on the page that its reader has open
}

// kinds holds every Kind. A test demands that each is here, and that it has a
// sentence.
var kinds = map[Kind]particulars{
	WorkspaceSetUp:   {place: auditOnly},
	WorkspaceChanged: {place: auditOnly},

	TeamMemberInvited: {place: auditOnly, mail: "team_invitation"},
	TeamMemberJoined:  {place: auditOnly},
	TeamRoleChanged:   {place: auditOnly, closes: true},
	TeamMemberRemoved: {place: auditOnly, closes: true},

	ClientAdded:     {place: clientFeed},
	ClientChanged:   {place: clientFeed},
	ClientArchived:  {place: clientFeed, closes: true},
	ClientRestored:  {place: clientFeed},
	ClientTeamed:    {place: clientFeed},
	ClientUnteamed:  {place: clientFeed, closes: true},
	PortalEnabled:   {place: clientFeed},
	PortalDisabled:  {place: clientFeed, closes: true},
	AccessChanged:   {place: clientFeed},
	ClientUserAdded: {place: clientFeed},
	RightsChanged:   {place: clientFeed, closes: true},
	UserInvited:     {place: clientFeed, mail: "invitation"},
	InvitationAsked: {place: clientFeed, mail: "invitation_asked"},
	InvitationEnded: {place: clientFeed},
	LinkCopied:      {place: clientFeed},
	UserJoined:      {place: clientFeed},
	UserSuspended:   {place: clientFeed, closes: true},
	UserResumed:     {place: clientFeed},
	UserRemoved:     {place: clientFeed, closes: true},
	UserReaddressed: {place: clientFeed, closes: true},
	ViewedAs:        {place: clientFeed},

	ProjectCreated:  {place: projectFeed},
	ProjectChanged:  {place: projectFeed},
	ProjectShared:   {place: projectFeed, topic: TopicUpdates},
	ProjectUnshared: {place: projectFeed, closes: true},
	ProjectArchived: {place: projectFeed, topic: TopicUpdates},
	ProjectRestored: {place: projectFeed},
	SectionsChanged: {place: projectFeed},
	ProjectTeamed:   {place: projectFeed, section: SectionTeam},
	ProjectUnteamed: {place: projectFeed, section: SectionTeam, closes: true},

	UpdatePublished: {place: projectFeed, section: SectionUpdates, topic: TopicUpdates},
	UpdateEdited:    {place: projectFeed, section: SectionUpdates},
	UpdateDeleted:   {place: projectFeed, section: SectionUpdates},

	MilestoneAdded:    {place: projectFeed, section: SectionMilestones},
	MilestoneChanged:  {place: projectFeed, section: SectionMilestones},
	MilestoneShifted:  {place: projectFeed, section: SectionMilestones, topic: TopicProgress},
	MilestoneReached:  {place: projectFeed, section: SectionMilestones, topic: TopicProgress},
	MilestoneReopened: {place: projectFeed, section: SectionMilestones, topic: TopicProgress},
	MilestoneDeleted:  {place: projectFeed, section: SectionMilestones},

	TaskAdded:     {place: projectFeed, section: SectionTasks},
	TaskChanged:   {place: projectFeed, section: SectionTasks},
	TaskAssigned:  {place: projectFeed, section: SectionTasks, topic: TopicProgress},
	TaskStarted:   {place: projectFeed, section: SectionTasks},
	TaskCompleted: {place: projectFeed, section: SectionTasks, topic: TopicProgress},
	TaskReopened:  {place: projectFeed, section: SectionTasks},
	TaskDeleted:   {place: projectFeed, section: SectionTasks},

	DeliverableAdded:     {place: projectFeed, section: SectionDeliverables},
	DeliverableChanged:   {place: projectFeed, section: SectionDeliverables},
	DeliverableShared:    {place: projectFeed, section: SectionDeliverables, topic: TopicReviews},
	DeliverableInReview:  {place: projectFeed, section: SectionDeliverables, topic: TopicReviews},
	DeliverableReturned:  {place: projectFeed, section: SectionDeliverables, topic: TopicReviews},
	DeliverableApproved:  {place: projectFeed, section: SectionDeliverables, topic: TopicReviews},
	DeliverableSignedOff: {place: projectFeed, section: SectionDeliverables, topic: TopicReviews},
	DeliverableWithdrawn: {place: projectFeed, section: SectionDeliverables, topic: TopicReviews},
	DeliverableDeleted:   {place: projectFeed, section: SectionDeliverables},

	FolderAdded:     {place: projectFeed, section: SectionFiles},
	FolderRenamed:   {place: projectFeed, section: SectionFiles},
	FolderMoved:     {place: projectFeed, section: SectionFiles},
	FolderTrashed:   {place: projectFeed, section: SectionFiles},
	FolderRestored:  {place: projectFeed, section: SectionFiles},
	FileAdded:       {place: projectFeed, section: SectionFiles, topic: TopicFiles},
	VersionAdded:    {place: projectFeed, section: SectionFiles, topic: TopicFiles},
	VersionShown:    {place: projectFeed, section: SectionFiles, topic: TopicFiles},
	VersionRestored: {place: projectFeed, section: SectionFiles},
	FileRenamed:     {place: projectFeed, section: SectionFiles},
	FileMoved:       {place: projectFeed, section: SectionFiles},
	FileCopied:      {place: projectFeed, section: SectionFiles},
	FilePinned:      {place: projectFeed, section: SectionFiles},
	FileUnpinned:    {place: projectFeed, section: SectionFiles},
	FileTrashed:     {place: projectFeed, section: SectionFiles},
	FileRestored:    {place: projectFeed, section: SectionFiles},
	FileInfected:    {place: projectFeed, section: SectionFiles, topic: TopicFiles},
	FileAttached:    {place: projectFeed, section: SectionFiles},
	FileDetached:    {place: projectFeed, section: SectionFiles},
	FilePurged:      {place: auditOnly},

	FileRequested:        {place: projectFeed, section: SectionFiles, mail: "file_request", topic: TopicFiles},
	FileRequestChanged:   {place: projectFeed, section: SectionFiles},
	FileRequestAnswered:  {place: projectFeed, section: SectionFiles, mail: "file_request_answered", topic: TopicFiles},
	FilesAccepted:        {place: projectFeed, section: SectionFiles, topic: TopicFiles},
	FilesRefused:         {place: projectFeed, section: SectionFiles, mail: "file_request_refused", topic: TopicFiles},
	FileRequestWithdrawn: {place: projectFeed, section: SectionFiles},

	ApprovalPrepared:   {place: auditOnly},
	ApprovalCertified:  {place: auditOnly},
	ApprovalRequested:  {place: projectFeed, section: SectionApprovals, mail: MailApproval, topic: TopicReviews, rises: true},
	ApprovalAdvanced:   {place: projectFeed, section: SectionApprovals, mail: MailApproval, topic: TopicReviews, rises: true},
	ApprovalViewed:     {place: auditOnly},
	ApprovalAnswered:   {place: projectFeed, section: SectionApprovals, topic: TopicReviews},
	ApprovalApproved:   {place: projectFeed, section: SectionApprovals, topic: TopicReviews},
	ApprovalPassed:     {place: projectFeed, section: SectionApprovals, topic: TopicReviews},
	ApprovalReturned:   {place: projectFeed, section: SectionApprovals, topic: TopicReviews},
	ApprovalDeclined:   {place: projectFeed, section: SectionApprovals, topic: TopicReviews},
	ApprovalUndone:     {place: projectFeed, section: SectionApprovals, topic: TopicReviews},
	ApprovalReminded:   {place: projectFeed, section: SectionApprovals, mail: MailApprovalReminder},
	ApprovalDelegated:  {place: projectFeed, section: SectionApprovals, mail: MailApproval, topic: TopicReviews},
	ApprovalDeputised:  {place: projectFeed, section: SectionApprovals, mail: MailApproval, topic: TopicReviews},
	ApprovalCameBack:   {place: projectFeed, section: SectionApprovals, mail: MailApproval, topic: TopicReviews},
	ApprovalReassigned: {place: projectFeed, section: SectionApprovals, mail: MailApproval, topic: TopicReviews},
	ApprovalTaken:      {place: projectFeed, section: SectionApprovals, topic: TopicReviews},
	ApprovalUnseen:     {place: projectFeed, section: SectionApprovals, topic: TopicReviews},
	ApprovalStranded:   {place: projectFeed, section: SectionApprovals, topic: TopicReviews},
	ApprovalLacks:      {place: projectFeed, section: SectionApprovals, topic: TopicReviews},
	ApprovalEscalated:  {place: projectFeed, section: SectionApprovals, mail: MailApprovalEscalated},
	DeputyNamed:        {place: clientFeed},
	DeputyEnded:        {place: clientFeed},
	ApprovalCancelled:  {place: projectFeed, section: SectionApprovals, topic: TopicReviews},
	ApprovalSuperseded: {place: projectFeed, section: SectionApprovals},
	ApprovalExpired:    {place: projectFeed, section: SectionApprovals, topic: TopicReviews},

	ApprovalCallNoted:     {place: projectFeed, section: SectionApprovals, mail: MailApprovalCall, topic: TopicReviews},
	ApprovalCallWithdrawn: {place: projectFeed, section: SectionApprovals},
	ApprovalCallDenied:    {place: projectFeed, section: SectionApprovals, topic: TopicReviews},
	ApprovalCallVoided:    {place: auditOnly},

	RevisionRequested: {place: projectFeed, section: SectionApprovals, topic: TopicReviews},
	RevisionWithdrawn: {place: projectFeed, section: SectionApprovals},
	ChangeErased:      {place: auditOnly},
	ChangeDone:        {place: projectFeed, section: SectionApprovals, topic: TopicReviews},
	ChangeRefused:     {place: projectFeed, section: SectionApprovals, topic: TopicReviews},
	ChangeUnclear:     {place: projectFeed, section: SectionApprovals, topic: TopicReviews},
	ChangeClarified:   {place: projectFeed, section: SectionApprovals, topic: TopicReviews},
	ChangeReopened:    {place: projectFeed, section: SectionApprovals, topic: TopicReviews},
	ChangePriced:      {place: projectFeed, section: SectionApprovals, topic: TopicReviews},
	PriceAccepted:     {place: projectFeed, section: SectionApprovals, topic: TopicReviews},
	PriceDeclined:     {place: projectFeed, section: SectionApprovals, topic: TopicReviews},

	AnswerRefused:    {place: auditOnly},
	MoreRefused:      {place: auditOnly},
	SignoffAsked:     {place: projectFeed, section: SectionApprovals, mail: "signoff", topic: TopicReviews},
	SignoffViewed:    {place: auditOnly},
	SignoffSigned:    {place: projectFeed, section: SectionApprovals, topic: TopicReviews},
	SignoffDeclined:  {place: projectFeed, section: SectionApprovals, topic: TopicReviews},
	SignoffWithdrawn: {place: projectFeed, section: SectionApprovals, topic: TopicReviews},
	SignoffReminded:  {place: projectFeed, section: SectionApprovals, mail: MailSignoffReminder},
	SignoffEscalated: {place: projectFeed, section: SectionApprovals, mail: MailSignoffEscalated},

	CertificateMade: {place: auditOnly},

	HandoverTaken: {place: auditOnly},

	FileShared:       {place: projectFeed, section: SectionFiles},
	ShareLinkRevoked: {place: projectFeed, section: SectionFiles},
	ShareLinkOpened:  {place: auditOnly},

	ConversationStarted: {place: projectFeed, section: SectionMessages, talk: true},
	CommentAdded:        {place: projectFeed, talk: true},                       // in the item's section
	FeedbackSent:        {place: projectFeed, topic: TopicMessages, talk: true}, // likewise
	MessagePosted:       {place: auditOnly, talk: true},
	MessageEdited:       {place: auditOnly, talk: true},
	MessageDeleted:      {place: auditOnly, talk: true},
	MessageErased:       {place: auditOnly, talk: true},
	CommentAnswered:     {place: auditOnly, talk: true},
	CommentsResolved:    {place: auditOnly, talk: true},
	CommentsReopened:    {place: auditOnly, talk: true},
	QuestionSettled:     {place: auditOnly, talk: true},

	TurnPassed:    {place: projectFeed, topic: TopicProgress},
	ItemRevealed:  {place: projectFeed, topic: TopicProgress},
	ItemConcealed: {place: projectFeed, closes: true},

	TemplateSaved:   {place: auditOnly},
	TemplateDeleted: {place: auditOnly},
	FeedMade:        {place: auditOnly},
	FeedRevoked:     {place: auditOnly},
	MailRetried:     {place: auditOnly},

	BackupBroughtBack: {place: auditOnly},
	HeldMailsReleased: {place: auditOnly},
	HeldMailsDropped:  {place: auditOnly},

	IncomingAccepted: {place: auditOnly},
	IncomingPutAway:  {place: auditOnly},

	SignedIn:         {place: auditOnly},
	SignInFailed:     {place: auditOnly},
	CodeRequested:    {place: auditOnly},
	ResetRequested:   {place: auditOnly},
	PasswordChanged:  {place: auditOnly, closes: true},
	EmailChangeAsked: {place: auditOnly},
	EmailChanged:     {place: auditOnly, closes: true},
	SessionEnded:     {place: auditOnly, closes: true},
	TokenCreated:     {place: auditOnly},
	TokenRevoked:     {place: auditOnly},
	ProfileSaved:     {place: auditOnly},

	IdentityProved:    {place: auditOnly},
	PersonConfirmed:   {place: auditOnly},
	PersonDisabled:    {place: auditOnly, closes: true},
	PersonEnabled:     {place: auditOnly},
	ViewingAsStarted:  {place: auditOnly, closes: true},
	ViewingAsFinished: {place: auditOnly, closes: true},
}

// AllKinds returns every Kind, by name.
func AllKinds() []Kind { return slices.Sorted(maps.Keys(kinds)) }
