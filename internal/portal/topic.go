package portal

import (
	"time"

	"github.com/vitrine-portal/vitrine/internal/account"
)

// Topics is a set of what people choose to be told of.
type Topics int64

// The topics.
const (
	TopicReviews  Topics = 1 << iota // deliverables, and what was decided on them
	TopicUpdates                     // how projects stand
	TopicProgress                    // milestones and tasks
	TopicFiles
	TopicMessages // conversations and comments

	// Those of mails of a kind of their own, which go to one person about one
	// thing: mailed at once, or not at all.
	TopicAsked     // approvals and sign-offs that somebody is asked for
	TopicRequests  // files that they are asked for, or that came
	TopicReminders // of both
	TopicLate      // approvals that nobody gave in time
	TopicGathered  // comments that colleagues share
	TopicRecord    // how far the record is
)

// topicDigest is the digest itself, among what somebody ended.
const topicDigest Topics = 1 << 40

// AllTopics is what notices are about, and OwnTopics what mails of their own are.
const (
	AllTopics = TopicReviews | TopicUpdates | TopicProgress | TopicFiles | TopicMessages
	OwnTopics = TopicAsked | TopicRequests | TopicReminders | TopicLate | TopicGathered | TopicRecord
)

// Own reports whether these are topics of mails of their own.
func (t Topics) Own() bool { return t&OwnTopics != 0 }

// Has reports whether t holds all of what.
func (t Topics) Has(what Topics) bool { return t&what == what }

// TopicNames gives each topic its word, in the order of the page.
var TopicNames = []struct {
	Topic Topics
	Name  string
}{
	{TopicReviews, "reviews"}, {TopicMessages, "messages"}, {TopicUpdates, "updates"}, {TopicProgress, "progress"}, {TopicFiles, "files"},
	{TopicAsked, "asked"}, {TopicRequests, "requests"}, {TopicReminders, "reminders"}, {TopicLate, "late"}, {TopicGathered, "gathered"}, {TopicRecord, "record"},
}

// A mailing says of a kind of mail how its reader chooses it. Every kind is here;
// those of an event are named by the event's own particulars.
type mailing struct {
	always bool   // it lets them in, or they asked for it this moment: at any hour, whatever they chose
	topic  Topics // with which they end it; none where notices say it
	asks   bool   // it leaves them something to do, which muting a project does not keep back
	waits  bool   // for more of the same
	with   string // what is asked for is in one mail with others of the same name; empty: alone

	apart time.Duration // the least between one and the next to the same person about the same
}

var mailings = map[string]mailing{
	account.MailCode:            {always: true},
	account.MailAnswerCode:      {always: true},
	account.MailReset:           {always: true},
	account.MailEmailChange:     {always: true},
	account.MailEmailChanged:    {always: true},
	account.MailPasswordChanged: {always: true},
	account.MailTokenCreated:    {always: true},
	"invitation":                {always: true},
	"team_invitation":           {always: true},
	"invitation_asked":          {always: true},
	MailTest:                    {always: true},
	MailHeld:                    {apart: time.Hour},
	MailUnlooked:                {},

	MailNotices: {},
	MailDigest:  {},

	MailApproval:            {topic: TopicAsked, asks: true, waits: true, with: "asked"},
	MailApprovalCall:        {topic: TopicAsked, asks: true, apart: time.Hour},
	"signoff":               {topic: TopicAsked, asks: true, waits: true, with: "asked"},
	"file_request":          {topic: TopicRequests, asks: true, waits: true, with: "asked"},
	"file_request_refused":  {topic: TopicRequests, asks: true, waits: true, with: "asked"},
	"file_request_answered": {topic: TopicRequests, asks: true},
	MailApprovalReminder:    {topic: TopicReminders, asks: true, waits: true, with: "reminders"},
	MailReminder:            {topic: TopicReminders, asks: true, waits: true, with: "reminders"},
	MailApprovalEscalated:   {topic: TopicLate},
	MailSignoffReminder:     {topic: TopicReminders, asks: true, waits: true, with: "reminders"},
	MailSignoffEscalated:    {topic: TopicLate},
	MailDraftsShared:        {topic: TopicGathered, asks: true, waits: true},
	MailDailyHead:           {topic: TopicRecord},
}

// toThatAddress are the kinds that go to the address they were queued for: what
// invites it, and what tells of the change from one to another. All others go to
// the one that their reader has when they are sent.
const toThatAddress = `('invitation', 'team_invitation', 'email_change', 'email_changed')`

// MailTopic names what ends the mails of a kind; empty for those that go out
// always, and for those that notices are in.
func MailTopic(kind string) string {
	for _, t := range TopicNames {
		if t.Topic == mailings[kind].topic {
			return t.Name
		}
	}
	return ""
}

// A NoticePreset is a named way to be told.
type NoticePreset string

// The presets, from least to most. What needs the person is mailed at once, and
// pushed to their devices, whichever they choose.
const (
	NoticeNeeds      NoticePreset = "needs"  // listed, and mailed only when it needs them
	NoticeNormal     NoticePreset = "normal" // reviews and messages at once, the rest once a day
	NoticeEverything NoticePreset = "everything"
	NoticeOwn        NoticePreset = "own" // topic by topic
)

// NoticePresets lists them.
var NoticePresets = []NoticePreset{NoticeNeeds, NoticeNormal, NoticeEverything, NoticeOwn}

// Ways says by topic how somebody is told.
type Ways struct {
	Listed   Topics // in the portal
	Mailed   Topics // at once
	Digested Topics // of those that are not mailed at once
	Pushed   Topics // to their devices
}

// ways of a preset; those of NoticeOwn are the person's.
func (p NoticePreset) ways(own Ways) Ways {
	switch p {
	case NoticeNeeds:
		return Ways{Listed: AllTopics, Mailed: OwnTopics &^ TopicLate}
	case NoticeEverything:
		return Ways{Listed: AllTopics, Mailed: AllTopics | OwnTopics, Pushed: AllTopics}
	case NoticeOwn:
		return own
	}
	return Ways{Listed: AllTopics, Mailed: TopicReviews | TopicMessages | OwnTopics, Digested: AllTopics &^ (TopicReviews | TopicMessages), Pushed: TopicReviews | TopicMessages}
}
