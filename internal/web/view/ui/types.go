package ui

import (
	"hash/fnv"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"
)

// A Link is a word that leads somewhere. The zero Href draws the word alone.
type Link struct {
	Label string
	Href  string
}

// A Person is who an avatar shows: initials on a calm colour that is always
// the same for the same name, or a picture.
type Person struct {
	Name    string
	Detail  string // title, role or company, where the component shows one
	Picture string // address of a picture; empty draws initials
}

// Initials are the first letters of the first and last word of a name.
func (p Person) Initials() string {
	words := strings.FieldsFunc(p.Name, func(r rune) bool { return unicode.IsSpace(r) || r == '@' || r == '.' })
	if len(words) == 0 {
		return "?"
	}
	first, _ := utf8.DecodeRuneInString(words[0])
	out := string(unicode.ToUpper(first))
	if len(words) > 1 && !strings.Contains(p.Name, "@") {
		last, _ := utf8.DecodeRuneInString(words[len(words)-1])
		out += string(unicode.ToUpper(last))
	}
	return out
}

func (p Person) hue() string {
	h := fnv.New32a()
	h.Write([]byte(p.Name))
	return "h" + string(rune('0'+h.Sum32()%8))
}

// When is a moment as a reader sees it: the words for people, the machine
// form for the <time> element.
type When struct {
	Words string
	At    time.Time
}

func (w When) machine() string { return w.At.UTC().Format(time.RFC3339) }

// A Tone is the colour of a state. It never stands alone: an icon and a word
// go with it.
type Tone string

const (
	ToneIdle   Tone = "idle"
	ToneOK     Tone = "ok"
	ToneWarn   Tone = "warn"
	ToneBad    Tone = "bad"
	ToneWait   Tone = "wait"
	ToneAccent Tone = "accent"
)

type look struct {
	tone Tone
	icon string
}

// lookOf finds the look of a state by its key in the database. An unknown key
// gets the idle look, so a new state is plain rather than broken.
func lookOf(table map[string]look, key string) look {
	if l, ok := table[key]; ok {
		return l
	}
	return look{ToneIdle, "circle"}
}

var (
	healthLooks = map[string]look{
		"on_track":  {ToneOK, "circle-check"},
		"at_risk":   {ToneWarn, "triangle-alert"},
		"off_track": {ToneBad, "circle-alert"},
		"waiting":   {ToneWait, "hourglass"},
	}
	statusLooks = map[string]look{
		"planned":  {ToneIdle, "circle-dashed"},
		"active":   {ToneAccent, "circle-dot"},
		"on_hold":  {ToneWarn, "circle-pause"},
		"done":     {ToneOK, "circle-check"},
		"archived": {ToneIdle, "archive"},
	}
	deliverableLooks = map[string]look{
		"draft":             {ToneIdle, "circle-dashed"},
		"shared":            {ToneWait, "eye"},
		"in_review":         {ToneWait, "hourglass"},
		"changes_requested": {ToneWarn, "rotate-ccw"},
		"approved":          {ToneOK, "circle-check"},
		"signed_off":        {ToneOK, "badge-check"},
	}
	portalLooks = map[string]look{
		"off":     {ToneIdle, "circle"},
		"nobody":  {ToneWarn, "user-plus"},
		"invited": {ToneWait, "mail"},
		"active":  {ToneOK, "circle-check"},
		"paused":  {ToneWarn, "circle-pause"},
	}
	invitationLooks = map[string]look{
		"pending":   {ToneWait, "mail"},
		"expired":   {ToneWarn, "clock"},
		"accepted":  {ToneOK, "circle-check"},
		"active":    {ToneOK, "circle-check"},
		"revoked":   {ToneIdle, "circle-x"},
		"suspended": {ToneWarn, "circle-pause"},
		"bounced":   {ToneBad, "circle-alert"},
		"removed":   {ToneIdle, "circle-x"},
	}
	incomingLooks = map[string]look{
		"waiting":   {ToneWait, "clock"},
		"held":      {ToneWarn, "hand"},
		"posted":    {ToneOK, "check"},
		"returned":  {ToneBad, "circle-alert"},
		"dropped":   {ToneIdle, "circle-x"},
		"discarded": {ToneIdle, "circle-x"},
	}
	checkLooks = map[string]look{
		"ok":   {ToneOK, "circle-check"},
		"warn": {ToneWarn, "triangle-alert"},
		"fail": {ToneBad, "circle-alert"},
	}
	mailLooks = map[string]look{
		"queued":  {ToneWait, "clock"},
		"sending": {ToneWait, "send"},
		"sent":    {ToneOK, "check"},
		"kept":    {ToneWarn, "inbox"},
		"failed":  {ToneBad, "circle-alert"},
		"dropped": {ToneIdle, "circle-x"},
	}
)
