package live

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"github.com/jackc/pgx/v5"
)

const (
	channel    = "vitrine_live"
	maxPayload = 7900 // PostgreSQL takes less than 8000 bytes
	maxWaiting = 1024 // signals for a server that does not answer
	keepAlive  = 30 * time.Second
)

// Bridge connects the hub with those of other nodes on one PostgreSQL
// database, until ctx ends. It returns once signals flow both ways, or with
// an error when the server cannot be reached. A connection lost later is made
// again; then every subscription, here and there, is told to catch up.
func (h *Hub) Bridge(ctx context.Context, postgresURL string, log *slog.Logger) error {
	cfg, err := pgx.ParseConfig(postgresURL)
	if err != nil {
		return errors.New("live: the PostgreSQL address is not valid") // the parser's error quotes the password
	}
	b := &bridge{hub: h, cfg: cfg, log: log, node: rand.Text(), out: make(chan Signal, maxWaiting)}
	in, err := b.listen(ctx)
	if err != nil {
		return fmt.Errorf("live: %w", err)
	}
	out, err := pgx.ConnectConfig(ctx, cfg)
	if err != nil {
		in.Close(ctx)
		return fmt.Errorf("live: %w", err)
	}
	h.mu.Lock()
	h.bridges[b] = struct{}{}
	h.mu.Unlock()
	go b.receiveAll(ctx, in)
	go b.sendAll(ctx, out)
	return nil
}

// Wake tells every node on a PostgreSQL database to look at everything again, the
// right to listen included: for a command that is no node and has changed it.
func Wake(ctx context.Context, postgresURL string) error {
	conn, err := pgx.Connect(ctx, postgresURL)
	if err != nil {
		return errors.New("live: the nodes cannot be told") // the driver's error may quote the password
	}
	defer conn.Close(ctx)
	text, err := json.Marshal(message{rand.Text(), []Signal{{}}})
	if err != nil {
		return err
	}
	_, err = conn.Exec(ctx, `SELECT pg_notify($1, $2)`, channel, string(text))
	return err
}

type bridge struct {
	hub  *Hub
	cfg  *pgx.ConnConfig
	log  *slog.Logger
	node string
	out  chan Signal
	lost bool // out was full; guarded by hub.mu
}

// message is one notification.
type message struct {
	Node    string   `json:"n"`
	Signals []Signal `json:"s"`
}

// enqueue is called with the hub locked.
func (b *bridge) enqueue(s Signal) {
	select {
	case b.out <- s:
	default:
		b.lost = true
	}
}

// tookLoss reports whether signals were lost since the last call.
func (b *bridge) tookLoss() bool {
	b.hub.mu.Lock()
	defer b.hub.mu.Unlock()
	lost := b.lost
	b.lost = false
	return lost
}

func (b *bridge) listen(ctx context.Context) (*pgx.Conn, error) {
	conn, err := pgx.ConnectConfig(ctx, b.cfg)
	if err != nil {
		return nil, err
	}
	if _, err := conn.Exec(ctx, "LISTEN "+channel); err != nil {
		conn.Close(ctx)
		return nil, err
	}
	return conn, nil
}

// receiveAll delivers the other nodes' signals until ctx ends.
func (b *bridge) receiveAll(ctx context.Context, conn *pgx.Conn) {
	for {
		err := b.receive(ctx, conn)
		conn.Close(context.WithoutCancel(ctx))
		if ctx.Err() != nil {
			return
		}
		b.log.Warn("live: the connection for receiving was lost", "error", err)
		if conn = again(ctx, b.listen); conn == nil {
			return
		}
		b.hub.receive(Signal{})
	}
}

func (b *bridge) receive(ctx context.Context, conn *pgx.Conn) error {
	for {
		wait, cancel := context.WithTimeout(ctx, keepAlive)
		n, err := conn.WaitForNotification(wait)
		silent := wait.Err() != nil
		cancel()
		if err != nil && silent && ctx.Err() == nil {
			err = b.ping(ctx, conn)
			if err == nil {
				continue
			}
		}
		if err != nil {
			return err
		}
		var m message
		if err := json.Unmarshal([]byte(n.Payload), &m); err != nil {
			b.hub.receive(Signal{}) // another release's format
			continue
		}
		if m.Node == b.node {
			continue
		}
		for _, s := range m.Signals {
			b.hub.receive(s)
		}
	}
}

// ping finds out that a server is gone that did not say so.
func (b *bridge) ping(ctx context.Context, conn *pgx.Conn) error {
	ctx, cancel := context.WithTimeout(ctx, 5*time.Second)
	defer cancel()
	return conn.Ping(ctx)
}

// sendAll sends this node's signals until ctx ends.
func (b *bridge) sendAll(ctx context.Context, conn *pgx.Conn) {
	defer func() {
		b.hub.mu.Lock()
		delete(b.hub.bridges, b)
		b.hub.mu.Unlock()
	}()
	connect := func(ctx context.Context) (*pgx.Conn, error) { return pgx.ConnectConfig(ctx, b.cfg) }
	for {
		err := b.send(ctx, conn)
		conn.Close(context.WithoutCancel(ctx))
		if ctx.Err() != nil {
			return
		}
		b.log.Warn("live: the connection for sending was lost", "error", err)
		if conn = again(ctx, connect); conn == nil {
			return
		}
		b.hub.mu.Lock()
		b.lost = true // what was being sent may not have arrived
		b.hub.mu.Unlock()
		b.enqueueWake()
	}
}

// enqueueWake makes send look at once whether signals were lost.
func (b *bridge) enqueueWake() {
	select {
	case b.out <- Signal{}:
	default: // there is work already
	}
}

func (b *bridge) send(ctx context.Context, conn *pgx.Conn) error {
	for {
		var list []Signal
		select {
		case s := <-b.out:
			list = append(list, s)
		case <-ctx.Done():
			return ctx.Err()
		}
		// Those that wait by now go together.
		for more := true; more && len(list) < 64; {
			select {
			case s := <-b.out:
				list = append(list, s)
			default:
				more = false
			}
		}
		if b.tookLoss() {
			list = append(list, Signal{})
		}
		for _, payload := range b.payloads(list) {
			if err := b.notify(ctx, conn, payload); err != nil {
				return err
			}
		}
	}
}

func (b *bridge) notify(ctx context.Context, conn *pgx.Conn, payload string) error {
	ctx, cancel := context.WithTimeout(ctx, 5*time.Second)
	defer cancel()
	_, err := conn.Exec(ctx, `SELECT pg_notify($1, $2)`, channel, payload)
	return err
}

// payloads encodes the signals, in as few messages as they fit.
func (b *bridge) payloads(list []Signal) []string {
	text, err := json.Marshal(message{b.node, list})
	if err == nil && len(text) <= maxPayload {
		return []string{string(text)}
	}
	if len(list) > 1 {
		half := len(list) / 2
		return append(b.payloads(list[:half]), b.payloads(list[half:])...)
	}
	s := list[0]
	if len(s.Persons) > 1 {
		first, second := s, s
		half := len(s.Persons) / 2
		first.Persons, second.Persons = s.Persons[:half], s.Persons[half:]
		return b.payloads([]Signal{first, second})
	}
	return b.payloads([]Signal{{}})
}

// again connects until it succeeds, or returns nil when ctx ends.
func again(ctx context.Context, connect func(context.Context) (*pgx.Conn, error)) *pgx.Conn {
	for pause := 100 * time.Millisecond; ; pause = min(2*pause, 5*time.Second) {
		try, cancel := context.WithTimeout(ctx, 10*time.Second)
		conn, err := connect(try)
		cancel()
		if err == nil {
			return conn
		}
		select {
		case <-time.After(pause):
		case <-ctx.Done():
			return nil
		}
	}
}
