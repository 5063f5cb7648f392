package web

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net"
	"net/http"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/vitrine-portal/vitrine/internal/live"
	"github.com/vitrine-portal/vitrine/internal/portal"
)

const (
	maxStreams = 10               // of one person
	heartbeat  = 20 * time.Second // keeps proxies from closing a quiet stream, and shows pages that it lives
	silence    = 60 * time.Second // a reader whose side says nothing of what was sent for so long is gone
	writeLimit = 10 * time.Second // a reader slower than this is dropped

	pulse = "event: beat\ndata:\n\n"
	waits = "event: wait\ndata: -\n\n" // the last thing said on a stream: it makes room for others
	bye   = "event: bye\ndata: -\n\n"  // or its reader has no more business here
)

// errRoom ends the oldest stream of somebody who has too many.
var errRoom = errors.New("web: a stream makes room")

// streams holds the open streams of each person. The oldest makes room.
type streams struct {
	mu   sync.Mutex
	open map[portal.PersonID][]*context.CancelCauseFunc
}

// enter counts a stream in, and returns what counts it out.
func (s *streams) enter(id portal.PersonID, cancel context.CancelCauseFunc) (leave func()) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.open == nil {
		s.open = map[portal.PersonID][]*context.CancelCauseFunc{}
	}
	if all := s.open[id]; len(all) >= maxStreams {
		(*all[0])(errRoom)
		s.open[id] = all[1:]
	}
	s.open[id] = append(s.open[id], &cancel)
	return func() {
		s.mu.Lock()
		defer s.mu.Unlock()
		s.open[id] = slices.DeleteFunc(s.open[id], func(c *context.CancelCauseFunc) bool { return c == &cancel })
		if len(s.open[id]) == 0 {
			delete(s.open, id)
		}
	}
}

// CloseStreams ends all live streams; browsers come back to the next server.
func (s *Server) CloseStreams() { s.closeOnce.Do(func() { close(s.closing) }) }

// stream is one page's line to the server. It says "changed" when something
// that this visitor sees has happened, and nothing of what; "said" with the id
// of a thread in which there is something new, "typing" when there soon may be;
// "wait" when too many of their pages are open, and "bye" when they have no more
// business here. It looks again at who they are whenever somebody's access changed,
// and at each heartbeat.
func (s *Server) stream(w http.ResponseWriter, r *http.Request, me *visit) error {
	ctx, cancel := context.WithCancelCause(r.Context())
	defer cancel(nil)
	defer s.streams.enter(me.Person.ID, cancel)()
	looked := me.Now // up to when signals have been told, or looked for
	var sub *live.Subscription
	if since := r.URL.Query().Get("since"); since == "" {
		sub = s.Hub.Subscribe()
	} else { // what came after the page was made is not lost
		var made time.Time
		if sub, made = s.Hub.SubscribeFrom(since); !made.IsZero() && made.Before(looked) {
			looked = made
		}
	}
	defer sub.Close()

	h := w.Header()
	h.Set("Content-Type", "text/event-stream")
	h.Set("X-Accel-Buffering", "no")
	if c, ok := r.Context().Value(connection{}).(net.Conn); ok {
		endSilent(c, s.silence)
	}
	rc := http.NewResponseController(w)
	rc.SetReadDeadline(time.Time{}) // or the server's limit on reading a request would end the stream
	send := func(line string) error {
		rc.SetWriteDeadline(time.Now().Add(writeLimit))
		if _, err := fmt.Fprint(w, line); err != nil {
			return err
		}
		return rc.Flush()
	}
	// All that one server held do not come back to the next in one moment.
	if send(fmt.Sprintf("retry: %d\n\n: open\n\n", 1500+rand.IntN(3000))) != nil {
		return nil
	}
	// What was revoked between the door and the subscription is found here.
	switch here, err := s.stillHere(ctx, r, me); {
	case err == nil && !here:
		send(bye)
		return nil
	case err != nil && ctx.Err() == nil:
		return nil // the page comes back
	}
	beat := time.NewTicker(s.heartbeat)
	defer beat.Stop()
	owes := false // it was not known whether to tell of something: at the next beat it is looked for
	for {
		var line string
		var sig live.Signal
		select {
		case <-ctx.Done():
			if context.Cause(ctx) == errRoom {
				send(waits)
			}
			return nil
		case <-s.closing:
			return nil
		case <-beat.C:
			line = pulse
			if owes {
				break
			}
			if here, err := s.stillHere(ctx, r, me); err == nil && !here {
				line = bye
			}
		case sig = <-sub.C():
		}
		if line == "" || owes {
			now := s.Portal.Now()
			if lost := time.Unix(int64(sig.Since), 0); sig.Since != 0 && lost.Before(looked) {
				looked = lost
			}
			said, err := s.tell(ctx, r, me, sig, looked)
			if owes = err != nil || owes && !sig.CatchUp(); !owes {
				looked = now
			}
			if said != "" {
				line = said
			}
		}
		if line == "" {
			continue
		}
		if send(line) != nil || line == bye {
			return nil
		}
	}
}

// commitLag is how long before it is told of an event may have taken its time.
const commitLag = 5 * time.Second

// tell is what this visitor is told of a signal: nothing, "changed" or "bye".
// When signals were lost, what they see is asked for what is newer than the
// last look, so that a burst of what they do not see stays silent. An error says that
// it is not known what to tell.
func (s *Server) tell(ctx context.Context, r *http.Request, me *visit, sig live.Signal, looked time.Time) (string, error) {
	concerned := sig.Close && slices.Contains(sig.Persons, string(me.Person.ID))
	if sig.CatchUp() || concerned {
		here, err := s.stillHere(ctx, r, me)
		if err != nil && !concerned {
			return "", err
		}
		if !here {
			return bye, nil
		}
	}
	sees, err := true, error(nil)
	switch {
	case concerned:
	case sig.CatchUp():
		sees, err = me.SeesSince(ctx, looked.Add(-commitLag))
	case sig.Thread != "":
		return s.tellOfTalk(ctx, me, sig)
	case sig.Event != "":
		sees, err = me.Sees(ctx, portal.EventID(sig.Event))
	}
	if err != nil || !sees {
		return "", err
	}
	where := "-"
	if !concerned && sig.Project != "" {
		where = sig.Project
	}
	return "event: changed\ndata: " + where + "\n\n", nil
}

// tellOfTalk is what this visitor is told of something said: the thread's id,
// and of somebody else who is typing there, with the name if they may know it.
func (s *Server) tellOfTalk(ctx context.Context, me *visit, sig live.Signal) (string, error) {
	if sig.Typist != "" && sig.Typist == string(me.Person.ID) {
		return "", nil
	}
	sees, err := me.SeesThread(ctx, portal.ThreadID(sig.Thread), portal.Side(sig.Audience))
	if err != nil || !sees {
		return "", err
	}
	if sig.Typist != "" {
		name, err := me.TypistName(ctx, portal.ThreadID(sig.Thread), portal.PersonID(sig.Typist))
		return "event: typing\ndata: " + strings.TrimSpace(sig.Thread+" "+name) + "\n\n", err
	}
	return "event: said\ndata: " + sig.Thread + "\n\n", nil
}

// stillHere looks again whether the session lives and sees anything at all as
// it did: the same door a request goes through.
func (s *Server) stillHere(ctx context.Context, r *http.Request, me *visit) (bool, error) {
	v, err := s.visit(r.WithContext(ctx))
	return err == nil && v.Person.ID == me.Person.ID && (v.Viewing == nil) == (me.Viewing == nil) &&
		(len(v.Self.Clients) > 0 || v.Self.Role != "" || len(me.Self.Clients) == 0 && me.Self.Role == ""), err
}
