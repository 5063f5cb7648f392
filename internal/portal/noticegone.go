package portal

import (
	"context"
	"maps"
	"slices"
)

// PassNotices notes that the actor has read what they were told of and do not see any
// more, be it deleted or hidden since: it stands before what they do see, in the portal
// and in the next digest. Whoever sees nothing at the time is left alone, as all of it
// may come back to them.
func (me *Scope) PassNotices(ctx context.Context) error {
	var places int
	if err := me.get(ctx, `SELECT COUNT(*) FROM (SELECT 1 FROM my_places p LIMIT 1) x`, nil, &places); err != nil || places == 0 {
		return err
	}
	for w := (wanted{among: newOnes}); ; {
		happened, said, messages, err := me.told(ctx, &w, lookedUp)
		if err != nil {
			return err
		}
		gone := map[NoticeID]bool{}
		for _, id := range slices.Concat(happened, said) {
			gone[id] = true
		}
		err = me.seenOf(ctx, w, happened, said, messages, func(from string, args []any) error {
			rows, err := me.query(ctx, `SELECT e.id`+from, args...)
			seen, err := list(rows, err, scanOne[NoticeID])
			for _, id := range seen {
				delete(gone, id)
			}
			return err
		})
		if err == nil && len(gone) > 0 {
			err = me.readThese(ctx, slices.Sorted(maps.Keys(gone)))
		}
		if err != nil || len(happened)+len(said) < lookedUp {
			return err
		}
	}
}
