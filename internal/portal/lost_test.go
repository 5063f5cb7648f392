package portal_test

import (
	"testing"

	"github.com/vitrine-portal/vitrine/internal/portal"
)

func TestNobodyIsThereByTheReason(t *testing.T) {
	for why, want := range map[string]bool{
		"recipient/550 5.1.1": true, "recipient/550": true, "recipient/553": true, "recipient/551 5.1.6": true, "recipient/550 5.2.1": true,
		"bounced/5.1.1 no such user": true, "bounced/550 5.1.10 not found": true, "bounced/551": true, "bounced/smtp; 550 unknown": true,
		"recipient/552 5.2.2": false, "recipient/552": false, "recipient/550 5.7.1": false, "recipient/451 4.1.1": false, "recipient/450": false,
		"bounced/5.1.8 who are you": false, "bounced/5.2.2 550 the mailbox is full": false, "bounced/554 spam": false, "bounced/": false, "bounced/5501": false,
		"sender/550 5.1.7": false, "content/550 5.1.1": false, "delayed/5.1.1": false, "connecting/550": false, "": false,
	} {
		if got := portal.NobodyThere(why); got != want {
			t.Errorf("%q: %t", why, got)
		}
	}
}
