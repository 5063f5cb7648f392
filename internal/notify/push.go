package notify

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"slices"
	"sync"
	"time"

	"github.com/vitrine-portal/vitrine/internal/account"
	"github.com/vitrine-portal/vitrine/internal/egress"
	"github.com/vitrine-portal/vitrine/internal/portal"
	"github.com/vitrine-portal/vitrine/internal/push"
	"github.com/vitrine-portal/vitrine/internal/sentence"
)

const (
	pushEvery = 5 * time.Second
	pushBatch = 200
	pushAt    = 8 // at the same time
	pushTries = 8 // then the push is given up; the notice stays in the portal
)

// newPusher has the key that comes of the server key: it is written down nowhere.
func newPusher(a *account.Accounts, subject string, client *http.Client) *push.Pusher {
	if client == nil {
		client = egress.New(egress.Options{})
	}
	p, err := push.New([]byte(a.Token(account.PurposePush, "1")), subject, client)
	if err != nil {
		panic("notify: no key for pushes: " + err.Error())
	}
	return p
}

// PushKey is the key by which browsers know the portal's pushes.
func (n *Notifier) PushKey() string { return n.pusher.Public() }

// Push sends pushes as they come due, until the context ends.
func (n *Notifier) Push(ctx context.Context) {
	tick := time.NewTicker(pushEvery)
	defer tick.Stop()
	for {
		if err := n.PushDue(ctx); err != nil && ctx.Err() == nil {
			n.log.Error("push", "error", err.Error())
		}
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
	}
}

// PushDue sends the pushes that are due.
func (n *Notifier) PushDue(ctx context.Context) error {
	ids, err := n.portal.DuePushes(ctx, pushBatch)
	if err != nil {
		return err
	}
	var all sync.WaitGroup
	var mu sync.Mutex
	turn := make(chan struct{}, pushAt)
	for _, id := range ids {
		turn <- struct{}{}
		all.Go(func() {
			defer func() { <-turn }()
			if one := n.push(ctx, id); one != nil {
				mu.Lock()
				err = errors.Join(err, one)
				mu.Unlock()
			}
		})
	}
	all.Wait()
	return err
}

// push sends one. What it says is what its reader may see now, and has not seen.
func (n *Notifier) push(ctx context.Context, id portal.DeviceID) error {
	x, err := n.portal.ClaimPush(ctx, id)
	switch {
	case errors.Is(err, portal.ErrNotDue):
		return nil
	case err != nil:
		return err
	}
	payload, upTo, err := n.pushed(ctx, x)
	switch {
	case err != nil:
		n.log.Error("render push", "device", string(id), "error", err.Error())
		return n.pushAgain(ctx, x, upTo, 0)
	case payload == nil:
		return n.portal.PushDone(ctx, x, upTo)
	}
	err = n.pusher.Send(ctx, push.Device{Endpoint: x.Endpoint, Key: x.Key, Auth: x.Auth}, payload)
	var later *push.Temporary
	switch {
	case err == nil:
		return n.portal.PushDone(ctx, x, upTo)
	case errors.Is(err, push.ErrGone), errors.Is(err, egress.ErrRefused):
		n.log.Info("device takes no pushes", "device", string(id))
		return n.portal.PushGone(ctx, x)
	case errors.As(err, &later):
		n.log.Info("push deferred", "device", string(id), "try", x.Tries, "status", later.Status)
		return n.pushAgain(ctx, x, upTo, later.Wait)
	}
	n.log.Warn("push refused", "device", string(id))
	return n.portal.PushDone(ctx, x, upTo)
}

// pushAgain puts a push off, for longer each time, or gives it up.
func (n *Notifier) pushAgain(ctx context.Context, x portal.Push, upTo portal.NoticeID, wait time.Duration) error {
	if x.Tries >= pushTries {
		return n.portal.PushDone(ctx, x, upTo)
	}
	return n.portal.PushDeferred(ctx, x, n.portal.Now().Add(max(wait, backOff(x.Tries))))
}

// A note is what a push says, as the service worker reads it.
type note struct {
	Title string `json:"title"`
	Body  string `json:"body"`
	URL   string `json:"url"`
}

// pushed writes a push: what the subject of a mail about the same would say, and
// nothing that was written. Nil when nothing is left to tell.
func (n *Notifier) pushed(ctx context.Context, x portal.Push) (payload []byte, upTo portal.NoticeID, err error) {
	all, more, err := n.portal.As(portal.PersonActor(x.Person).ReadOnly()).NoticesToPush(ctx, x.Since)
	if err != nil || len(all) == 0 {
		return nil, x.Since, err
	}
	upTo = all[len(all)-1].ID
	brand, err := n.portal.Brand(ctx)
	if err != nil {
		return nil, upTo, err
	}
	who, err := n.accounts.Person(ctx, x.Person)
	if err != nil {
		return nil, upTo, err
	}
	b := bookOf(who, brand)
	say := note{Title: brief(brand.Name), URL: "/notices"}
	if same := !slices.ContainsFunc(all, func(y portal.Notice) bool { return y.Project != all[0].Project || y.Client != all[0].Client }); same && more == 0 {
		say.Title = brief(cmp.Or(all[0].ProjectName, all[0].ClientName, brand.Name))
	}
	say.Body = b.N("push.several", len(all)+more)
	if len(all) == 1 {
		say.URL = "/notices/" + string(all[0].ID)
		if !brand.BareMails {
			say.Body = brief(sentence.OfNotice(b, all[0], brand.Name).String())
		}
	}
	payload, err = json.Marshal(say)
	return payload, upTo, err
}
