package portal

// Topics is a set of what people choose to be told of.
type Topics int64

// The topics.
const (
	TopicReviews  Topics = 1 << iota // deliverables, and what was decided on them
	TopicUpdates                     // how projects stand
	TopicProgress                    // milestones and tasks
	TopicFiles
	TopicMessages // conversations and comments
)

// AllTopics is what there is.
const AllTopics = TopicReviews | TopicUpdates | TopicProgress | TopicFiles | TopicMessages

// Has reports whether t holds all of what.
func (t Topics) Has(what Topics) bool { return t&what == what }

// TopicNames gives each topic its word, in the order of the page.
var TopicNames = []struct {
	Topic Topics
	Name  string
}{
	{TopicReviews, "reviews"}, {TopicMessages, "messages"}, {TopicUpdates, "updates"}, {TopicProgress, "progress"}, {TopicFiles, "files"},
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
		return Ways{Listed: AllTopics}
	case NoticeEverything:
		return Ways{Listed: AllTopics, Mailed: AllTopics, Pushed: AllTopics}
	case NoticeOwn:
		return own
	}
	return Ways{Listed: AllTopics, Mailed: TopicReviews | TopicMessages, Digested: AllTopics &^ (TopicReviews | TopicMessages), Pushed: TopicReviews | TopicMessages}
}
