// Package mailin takes mail in: answers to the portal's own mails, and what
// came back of them.
//
// A mail is accepted, over LMTP or from an IMAP mailbox, once it is on disk: its
// bytes in the storage of files, and a row that says so. What becomes of it is
// decided after that, by a job that may run more than once: it is posted as the
// person whose reply address it came to, held until somebody of the team looks
// at it, or dropped for a reason that is shown.
//
// Everything in a mail is a stranger's word. The reply address says where an
// answer belongs and whose it is; the sender's address has to be that person's,
// and the mail server that received the mail has to vouch for it.
package mailin
