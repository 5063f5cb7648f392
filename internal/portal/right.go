package portal

// Rights is a set of things a person may do in a client or project.
type Rights int64

// What a client user may be given, and below it what the team holds.
const (
	View Rights = 1 << iota
	Download
	Comment
	SendMessage
	Upload
	Decide
	SignOff
	Invite

	Contribute // team: make and change items
	Manage     // team: audience of any item, portal access, settings of the client
	Administer // team: the workspace
)

// ClientRights are all that a client user may hold.
const ClientRights = View | Download | Comment | SendMessage | Upload | Decide | SignOff | Invite

// Has reports whether r holds all of what.
func (r Rights) Has(what Rights) bool { return r&what == what }

// A Preset is a named set of rights.
type Preset string

// The presets, from least to most.
const (
	PresetViewer      Preset = "viewer"
	PresetCommenter   Preset = "commenter"
	PresetContributor Preset = "contributor"
	PresetApprover    Preset = "approver"
	PresetLead        Preset = "lead"
	PresetCustom      Preset = "custom" // rights ticked apart from any preset
)

// Presets lists the presets one can choose.
var Presets = []Preset{PresetViewer, PresetCommenter, PresetContributor, PresetApprover, PresetLead}

// Rights of the preset; none for an unknown one.
func (p Preset) Rights() Rights {
	switch p {
	case PresetViewer:
		return View | Download
	case PresetCommenter:
		return PresetViewer.Rights() | Comment | SendMessage
	case PresetContributor:
		return PresetCommenter.Rights() | Upload
	case PresetApprover:
		return PresetContributor.Rights() | Decide | SignOff
	case PresetLead:
		return ClientRights
	}
	return 0
}

// PresetOf names the rights: a preset, or PresetCustom.
func PresetOf(r Rights) Preset {
	for _, p := range Presets {
		if p.Rights() == r&ClientRights {
			return p
		}
	}
	return PresetCustom
}

// RightNames gives each single right of a client user its word.
var RightNames = []struct {
	Right Rights
	Name  string
}{
	{View, "view"}, {Download, "download"}, {Comment, "comment"}, {SendMessage, "message"},
	{Upload, "upload"}, {Decide, "decide"}, {SignOff, "sign_off"}, {Invite, "invite"},
}

// Sections is a set of the parts of a project that clients are shown.
type Sections int64

// The sections, then the fields.
const (
	SectionUpdates Sections = 1 << iota
	SectionTimeline
	SectionMilestones
	SectionDeliverables
	SectionTasks
	SectionFiles
	SectionMessages
	SectionApprovals
	SectionTeam
	SectionActivity

	FieldProgress
	FieldDates
	FieldTeamNames
	FieldTeamEmails
)

// DefaultSections is what a new workspace shows: everything but the tasks and
// the team's e-mail addresses.
const DefaultSections = SectionUpdates | SectionTimeline | SectionMilestones | SectionDeliverables |
	SectionFiles | SectionMessages | SectionApprovals | SectionTeam | SectionActivity | FieldProgress | FieldDates | FieldTeamNames

// allSections is what the team sees.
const allSections = FieldTeamEmails<<1 - 1

// Has reports whether s holds all of what.
func (s Sections) Has(what Sections) bool { return s&what == what }

// SectionNames gives each section and field that can be switched its word, in
// the order of the pages.
var SectionNames = []struct {
	Section Sections
	Name    string
	Field   bool
}{
	{SectionUpdates, "updates", false}, {SectionTimeline, "timeline", false},
	{SectionMilestones, "milestones", false}, {SectionDeliverables, "deliverables", false},
	{SectionTasks, "tasks", false}, {SectionFiles, "files", false}, {SectionMessages, "messages", false}, {SectionApprovals, "approvals", false}, {SectionTeam, "team", false}, {SectionActivity, "activity", false},
	{FieldProgress, "progress", true}, {FieldDates, "dates", true},
	{FieldTeamNames, "team_names", true}, {FieldTeamEmails, "team_emails", true},
}

// A Side is where a person stands: with the team or with the client.
type Side string

// The sides; also whose turn it is, and who may see an item.
const (
	Team       Side = "team"
	ClientSide Side = "client"
)

// Held is what an actor holds on a row they can see.
type Held struct {
	Side   Side
	Rights Rights
}

// Can reports whether the actor may do what.
func (h Held) Can(what Rights) bool { return h.Rights.Has(what) }

// Team reports whether the actor sees this row from the team's side.
func (h Held) Team() bool { return h.Side == Team }
