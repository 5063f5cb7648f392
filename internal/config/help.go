package config

import (
	"strings"
)

// Help is the table of settings for a terminal.
func (*Config) Help() string {
	var out strings.Builder
	out.WriteString("Settings, as flags or as variables in the environment or in vitrine.env:\n")
	for _, s := range settings {
		out.WriteString("\n  ")
		if !s.secret {
			out.WriteString("--" + s.name + "  ")
		}
		out.WriteString(s.variable())
		if s.secret {
			out.WriteString("  " + s.variable() + "_FILE")
		}
		out.WriteString("  (" + s.usual + ")\n")
		for _, line := range wrap(s.help, 74) {
			out.WriteString("      " + line + "\n")
		}
	}
	return out.String()
}

// Document is docs/configuration.md.
func Document() string {
	var out strings.Builder
	out.WriteString(`# Configuration

Vitrine runs without any configuration on your own machine: it keeps its data in ` + "`./data`" + ` and listens on ` + "`127.0.0.1:8080`" + `, which only that machine reaches. To serve people, set ` + "`VITRINE_BASE_URL`" + ` to the address they open and ` + "`VITRINE_SMTP_HOST`" + ` and ` + "`VITRINE_MAIL_FROM`" + ` so that invitations can be sent.

A setting is taken from the first place that has it: a flag, the environment, the file. The file is ` + "`vitrine.env`" + ` in the data directory or the one named by ` + "`--config`" + `; it has lines ` + "`KEY=value`" + `, with the variables below as keys, and ` + "`#`" + ` begins a comment line. Secrets have no flag. A secret can also be read from a file of its own, named by its variable with ` + "`_FILE`" + ` at the end.

A setting that is unknown, malformed or missing stops the program with one sentence that names it, never its value, and with exit code 2.

| variable | flag | usual value | what it is |
|---|---|---|---|
`)
	for _, s := range settings {
		variable, option := "`"+s.variable()+"`", "`--"+s.name+"`"
		if s.secret {
			variable, option = variable+"<br>`"+s.variable()+"_FILE`", "none: secret"
		}
		out.WriteString("| " + variable + " | " + option + " | " + s.usual + " | " + strings.NewReplacer("<", "&lt;", ">", "&gt;").Replace(s.help) + " |\n")
	}
	out.WriteString(`
## The proxy in front

Each page that somebody looks at keeps one answer open, on which it hears what is new. A browser opens at most six connections to a host by HTTP/1.1, for all windows together: let the proxy speak HTTP/2 or later to browsers. To Vitrine it speaks HTTP/1.1; it has to pass on at once what it receives, and to bear an answer that says only a word every 20 seconds.

## The server key

` + "`vitrine.key`" + ` in the data directory is made on the first start, readable by its owner alone. Links in invitations and password resets are made with it: who has the key and the database can make such links, and without the key the links already sent stop working. Keep it in your backups, apart from the database. ` + "`vitrine.reminded`" + ` beside it is empty: when it was last written is when reminders last went out, so that after a restored backup nobody is reminded twice. Keep it out of backups. When the program starts and the database is older than that time says, a backup was brought back; so it was where there is no such file, and a PostgreSQL database was loaded from a dump, or a SQLite database was not in use for an hour. A data directory that is made anew for each start beside a PostgreSQL database says nothing. Of a backup that shows by none of this, as of a whole machine or volume, which brings the file along, or of a PostgreSQL server's own files, say so by ` + "`touch vitrine.reminded`" + ` before the start. Then everybody is signed out, API tokens, open invitations, mailed and shared links and calendar addresses end, and the mails that waited in it, digests among them, and those that had come due are held until an administrator lets them go out or drops them in the Outbox, as they may have gone out before.

To replace the key, keep the old one in a file and name that in ` + "`VITRINE_PREVIOUS_KEY_FILE`" + `: answers to mails that were sent before still arrive.

## Mail that comes in

With ` + "`VITRINE_REPLY_ADDRESS`" + ` set to reply@in.example.com, each mail of the portal is answered to an address such as reply+1r…@in.example.com that belongs to one person and one place. Point the MX record of in.example.com at your mail server, and have that deliver the domain by LMTP (in Postfix: ` + "`virtual_mailbox_domains = in.example.com`, `virtual_transport = lmtp:unix:/run/vitrine/lmtp.sock`" + `) or into a mailbox that knows addresses with a +. The mail server has to check SPF, DKIM and DMARC and to say what it found in an Authentication-Results line, under the name in ` + "`VITRINE_MAIL_AUTH_SERVER`" + `; it has to remove such lines of its name that strangers wrote. Bounces come to addresses of that domain as well, so the domain's SPF record has to allow the server that sends the portal's mail.

A mail is accepted once it is on disk, and posted once. What cannot be posted is held or dropped: whoever administers the workspace finds each mail and its reason beside the Outbox, and how many are held on Today; whoever wrote one that is held is told, when it is certain who that was. Mails are removed 30 days after they were settled.

## The storage of files

Files are kept under random names, and what they are is in the database: a backup needs both, the database first. The portal marks its storage with a file ` + "`vitrine.storage`" + `, made from the server key. It does not start with a storage that has another mark, which may be another portal's, nor with one that has none while the database names files, which may be a disk that is not mounted; nothing is ever cleaned up there. When you know better (the key was lost and made anew, or the files are lost for good), write the word ` + "`adopt`" + ` into that file: the next start takes the storage as its own.
`)
	return out.String()
}

func wrap(s string, width int) []string {
	var lines []string
	line := ""
	for word := range strings.FieldsSeq(s) {
		switch {
		case line == "":
			line = word
		case len(line)+1+len(word) > width:
			lines, line = append(lines, line), word
		default:
			line += " " + word
		}
	}
	return append(lines, line)
}
