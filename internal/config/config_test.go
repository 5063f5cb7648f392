package config

import (
	"bytes"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"
)

var update = flag.Bool("update", false, "write docs/configuration.md")

// private is a directory as LoadKey and Load want it, which t.TempDir is not.
func private(t *testing.T) string {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "data")
	if err := os.Mkdir(dir, 0o700); err != nil {
		t.Fatal(err)
	}
	return dir
}

func write(t *testing.T, path, content string, mode os.FileMode) string {
	t.Helper()
	if err := os.WriteFile(path, []byte(content), mode); err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(path, mode); err != nil { // whatever the umask
		t.Fatal(err)
	}
	return path
}

func TestNothingGiven(t *testing.T) {
	t.Chdir(t.TempDir())
	c, err := Load(nil, []string{"PATH=/bin", "VITRINE_TEST_POSTGRES=x"})
	if err != nil {
		t.Fatal(err)
	}
	data, err := filepath.Abs("data")
	if err != nil {
		t.Fatal(err)
	}
	if c.Data != data || string(c.Database) != "sqlite:"+filepath.Join(data, "vitrine.db") {
		t.Errorf("data %q, database %q", c.Data, string(c.Database))
	}
	if c.Listen != "127.0.0.1:8080" || c.BaseURL.String() != "http://localhost:8080" || c.Metrics != "" || c.Storage.Disk != filepath.Join(data, "files") {
		t.Errorf("listen %q, base %v, metrics %q", c.Listen, c.BaseURL, c.Metrics)
	}
	info, err := os.Stat(data)
	if err != nil || info.Mode().Perm() != 0o700 {
		t.Errorf("the data directory has mode %v, %v", info.Mode(), err)
	}
	left, err := os.ReadDir(data)
	if err != nil || len(left) != 0 {
		t.Errorf("left in the data directory: %v, %v", left, err)
	}
}

func TestEverythingGiven(t *testing.T) {
	dir := private(t)
	password := write(t, filepath.Join(dir, "password"), "hunter2\n", 0o600)
	write(t, filepath.Join(dir, "vitrine.env"), `
# the portal
VITRINE_BASE_URL = https://Portal.Example.com/
VITRINE_LISTEN=:9999
VITRINE_MAIL_FROM="Honcho Design <portal@honcho.example>"
VITRINE_SMTP_TIMEOUT=5s
VITRINE_LOG_LEVEL=error
`, 0o644)
	c, err := Load(
		[]string{"--listen", "[::1]:8081", "--data=" + dir, "add", "--role", "owner"},
		[]string{
			"VITRINE_LISTEN=:7777", "VITRINE_LOG_LEVEL=debug", "VITRINE_SMTP_HOST=mail.example.com",
			"VITRINE_SMTP_USER=portal", "VITRINE_SMTP_PASSWORD_FILE=" + password, "VITRINE_SMTP_TLS=tls",
			"VITRINE_DATABASE=postgres://vitrine:hunter2@db/vitrine", "VITRINE_METRICS_LISTEN=127.0.0.1:9100",
			"VITRINE_TRUSTED_PROXIES=127.0.0.1, 10.1.2.3/8,fd00::/8", "VITRINE_KEY_FILE=/run/key",
			"VITRINE_STORAGE=disk:/srv/files/", "VITRINE_FILES_URL=https://files.Example.com/",
		})
	if err != nil {
		t.Fatal(err)
	}
	if c.Listen != "[::1]:8081" || c.LogLevel != slog.LevelDebug || c.BaseURL.String() != "https://portal.example.com" {
		t.Errorf("flag over environment over file: %q %v %v", c.Listen, c.LogLevel, c.BaseURL)
	}
	want := SMTP{"mail.example.com", 465, "portal", "hunter2", "tls", 5 * time.Second}
	if c.SMTP != want || c.MailFrom.Name != "Honcho Design" || c.MailFrom.Address != "portal@honcho.example" {
		t.Errorf("mail %+v from %v", c.SMTP, c.MailFrom)
	}
	if c.FilesURL.String() != "https://files.example.com" || c.Storage.Disk != "/srv/files" {
		t.Errorf("files at %v, in %q", c.FilesURL, c.Storage.Disk)
	}
	if got := fmt.Sprint(c.TrustedProxies); got != "[127.0.0.1/32 10.0.0.0/8 fd00::/8]" {
		t.Errorf("proxies %s", got)
	}
	if string(c.Database) != "postgres://vitrine:hunter2@db/vitrine" || c.Metrics != "127.0.0.1:9100" || c.KeyFile != "/run/key" {
		t.Errorf("database %q, metrics %q, key %q", string(c.Database), c.Metrics, c.KeyFile)
	}
	if !reflect.DeepEqual(c.Args, []string{"add", "--role", "owner"}) {
		t.Errorf("arguments %q", c.Args)
	}

	var out bytes.Buffer
	slog.New(slog.NewJSONHandler(&out, nil)).Info("x", "config", c)
	asJSON, err := json.Marshal(c)
	if err != nil {
		t.Fatal(err)
	}
	all := out.String() + string(asJSON)
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%d"} {
		all += fmt.Sprintf(verb, *c) + fmt.Sprintf(verb, c.Database)
	}
	if strings.Contains(all, "hunter2") {
		t.Errorf("a secret is printed: %s", all)
	}
}

// Each mistake is one sentence that names the setting and not its value.
func TestMistakes(t *testing.T) {
	dir := private(t)
	missing := filepath.Join(dir, "nothing-here")
	open := filepath.Join(t.TempDir(), "open")
	if err := os.Mkdir(open, 0o755); err != nil {
		t.Fatal(err)
	}
	file := write(t, filepath.Join(dir, "file"), "", 0o600)
	config := func(name, content string, mode os.FileMode) string {
		return "VITRINE_CONFIG=" + write(t, filepath.Join(dir, name), content, mode)
	}
	mailed := []string{"VITRINE_SMTP_HOST=mail.example.com", "VITRINE_MAIL_FROM=portal@honcho.example"}
	for name, tt := range map[string]struct {
		args, env []string
		want      string
	}{
		"unknown flag":           {[]string{"--colour=zzz"}, nil, "--colour is not a setting."},
		"secret as flag":         {[]string{"--smtp-password=zzz"}, nil, "--smtp-password is not a setting."},
		"flag without value":     {[]string{"--listen"}, nil, "--listen needs a value."},
		"broken flag":            {[]string{"---=zzz"}, nil, "An argument is not written as --name=value."},
		"unknown variable":       {nil, []string{"VITRINE_COLOUR=zzz"}, "VITRINE_COLOUR is not a setting."},
		"file of no secret":      {nil, []string{"VITRINE_LISTEN_FILE=zzz"}, "VITRINE_LISTEN_FILE is not a setting."},
		"empty":                  {nil, []string{"VITRINE_LISTEN="}, "VITRINE_LISTEN is empty: give it a value or leave it out."},
		"secret twice":           {nil, []string{"VITRINE_SMTP_PASSWORD=zzz", "VITRINE_SMTP_PASSWORD_FILE=" + file}, "VITRINE_SMTP_PASSWORD_FILE and VITRINE_SMTP_PASSWORD are both set: keep one."},
		"secret file missing":    {nil, []string{"VITRINE_DATABASE_FILE=" + missing}, "VITRINE_DATABASE_FILE names a file that cannot be read: no such file or directory."},
		"config missing":         {nil, []string{"VITRINE_CONFIG=" + missing}, "VITRINE_CONFIG names a file that cannot be read: no such file or directory."},
		"unknown key":            {nil, []string{config("a.env", "LISTEN=zzz", 0o600)}, "LISTEN in a.env is not a setting."},
		"not a line":             {nil, []string{config("b.env", "\nzzz", 0o600)}, "Line 2 of b.env is not written as KEY=value."},
		"key twice":              {nil, []string{config("c.env", "VITRINE_LISTEN=:1\nVITRINE_LISTEN=:2", 0o600)}, "VITRINE_LISTEN in c.env is there twice."},
		"data in file":           {nil, []string{config("d.env", "VITRINE_DATA=zzz", 0o600)}, "VITRINE_DATA in d.env cannot be set in this file: use the flag or the environment."},
		"readable secret":        {nil, []string{config("e.env", "VITRINE_SMTP_PASSWORD=zzz", 0o644)}, "e.env holds a secret and everybody on this machine may read it: take the others' rights away (chmod o-rwx)."},
		"wrong value in file":    {nil, []string{config("f.env", "VITRINE_LOG_LEVEL=zzz", 0o600)}, "VITRINE_LOG_LEVEL in f.env is not one of debug, info, warn and error."},
		"open data directory":    {[]string{"--data", open}, nil, "--data names a directory that everybody on this machine may enter: take the others' rights away (chmod o-rwx)."},
		"data is a file":         {[]string{"--data", file}, nil, "--data names something that is not a directory."},
		"data under a file":      {[]string{"--data", file + "/zzz"}, nil, "--data names a directory that cannot be reached: not a directory."},
		"data cannot be made":    {[]string{"--data", "/proc/zzz/data"}, nil, "--data names a directory that cannot be made: no such file or directory."},
		"database":               {nil, []string{"VITRINE_DATABASE=mysql://zzz@db"}, "VITRINE_DATABASE is neither sqlite:PATH nor postgres://USER:PASSWORD@HOST/NAME."},
		"listen":                 {[]string{"--listen=zzz"}, nil, "--listen is not an address and a port, such as 127.0.0.1:8080 or :8080."},
		"listen port":            {[]string{"--listen=:99999"}, nil, "--listen is not an address and a port, such as 127.0.0.1:8080 or :8080."},
		"listen name":            {[]string{"--listen=zzz:80"}, nil, "--listen needs an IP address, localhost or nothing before the port."},
		"no base":                {[]string{"--listen=:8080"}, nil, "VITRINE_BASE_URL is needed when the portal listens beyond this machine: it is the address that people open."},
		"files host":             {[]string{"--base-url=https://zzz.example", "--files-url=https://zzz.example:8443"}, nil, "--files-url has the host of the base-url: files need another, to keep them away from people's sessions."},
		"files scheme":           {[]string{"--base-url=https://zzz.example", "--files-url=http://files.zzz.example"}, nil, "--files-url begins otherwise than the base-url: both are https://, or both are http://."},
		"files path":             {[]string{"--files-url=https://zzz.example/files"}, nil, "--files-url has a path: the portal needs a host of its own."},
		"base scheme":            {[]string{"--base-url=ftp://zzz"}, nil, "--base-url is not an address that begins with https:// and a host."},
		"base without scheme":    {[]string{"--base-url=zzz.example.com"}, nil, "--base-url is not an address that begins with https:// and a host."},
		"base path":              {[]string{"--base-url=https://zzz.example/portal"}, nil, "--base-url has a path: the portal needs a host of its own."},
		"base user":              {[]string{"--base-url=https://me:zzz@portal.example"}, nil, "--base-url has a user or a password in it: leave them out."},
		"base query":             {[]string{"--base-url=https://zzz.example?a"}, nil, "--base-url has something after the host: leave out ? and #."},
		"base fragment":          {[]string{"--base-url=https://zzz.example#"}, nil, "--base-url has something after the host: leave out ? and #."},
		"base port":              {[]string{"--base-url=https://zzz.example:0"}, nil, "--base-url has a port that is not a number from 1 to 65535."},
		"base host":              {[]string{"--base-url=https://zz_z..example"}, nil, "--base-url has a host that is not a name such as portal.example.com (write other alphabets as xn--…)."},
		"base without TLS":       {[]string{"--base-url=http://zzz.example"}, nil, "--base-url begins with http://, so passwords would travel readable: use https://, or set VITRINE_INSECURE_HTTP=yes for a trial."},
		"insecure":               {[]string{"--insecure-http=zzz"}, nil, "--insecure-http is neither yes nor no."},
		"storage":                {[]string{"--storage=zzz"}, nil, "--storage is neither disk:PATH nor s3://BUCKET?endpoint=https://HOST&region=REGION; the keys are settings of their own."},
		"storage without path":   {[]string{"--storage=disk:"}, nil, "--storage is neither disk:PATH nor s3://BUCKET?endpoint=https://HOST&region=REGION; the keys are settings of their own."},
		"storage without bucket": {[]string{"--storage=s3://?region=zzz"}, nil, "--storage is neither disk:PATH nor s3://BUCKET?endpoint=https://HOST&region=REGION; the keys are settings of their own."},
		"storage with keys":      {[]string{"--storage=s3://zzz:zzz@bucket"}, nil, "--storage is neither disk:PATH nor s3://BUCKET?endpoint=https://HOST&region=REGION; the keys are settings of their own."},
		"storage option":         {[]string{"--storage=s3://b?zzz=1"}, nil, "--storage has something after ? that is neither endpoint nor region."},
		"storage query":          {[]string{"--storage=s3://b?%zz"}, nil, "--storage has something after ? that is not written as endpoint=…&region=…."},
		"storage endpoint":       {[]string{"--storage=s3://b?endpoint=zzz.example.com"}, nil, "--storage has an endpoint that is not https:// and a host, nor http:// and a host."},
		"storage key":            {[]string{"--storage=s3://b"}, []string{"VITRINE_S3_ACCESS_KEY=zzz"}, "VITRINE_S3_SECRET_KEY is needed with a storage on s3://."},
		"storage no key":         {[]string{"--storage=s3://b"}, nil, "VITRINE_S3_ACCESS_KEY is needed with a storage on s3://."},
		"storage keys alone":     {nil, []string{"VITRINE_S3_SECRET_KEY=zzz"}, "VITRINE_S3_SECRET_KEY is set, but VITRINE_STORAGE is not on s3://."},
		"previews":               {[]string{"--previews=zzz"}, nil, "--previews is neither on nor off."},
		"clamd":                  {[]string{"--clamd=zzz"}, nil, "--clamd is neither unix:/PATH nor HOST:PORT."},
		"clamd path":             {[]string{"--clamd=unix:zzz"}, nil, "--clamd is neither unix:/PATH nor HOST:PORT."},
		"clamd policy":           {[]string{"--clamd-policy=zzz"}, nil, "--clamd-policy is neither hold nor mark."},
		"clamd policy alone":     {[]string{"--clamd-policy=mark"}, nil, "--clamd-policy is set, but VITRINE_CLAMD is not."},
		"proxies":                {nil, []string{"VITRINE_TRUSTED_PROXIES=zzz"}, "VITRINE_TRUSTED_PROXIES is not a list of networks such as 127.0.0.1/32,10.0.0.0/8."},
		"every proxy":            {nil, []string{"VITRINE_TRUSTED_PROXIES=0.0.0.0/0"}, "VITRINE_TRUSTED_PROXIES trusts the whole internet: name the networks of your proxies."},
		"smtp without host":      {nil, []string{"VITRINE_SMTP_USER=zzz"}, "VITRINE_SMTP_USER is set, but VITRINE_SMTP_HOST is not."},
		"smtp host":              {nil, []string{"VITRINE_SMTP_HOST=zzz/"}, "VITRINE_SMTP_HOST has a host that is not a name such as portal.example.com (write other alphabets as xn--…)."},
		"no sender":              {nil, mailed[:1], "VITRINE_MAIL_FROM is needed with a mail server: it is the address that mail comes from."},
		"sender":                 {nil, []string{"VITRINE_MAIL_FROM=zzz"}, "VITRINE_MAIL_FROM is not an e-mail address such as Honcho Design <portal@example.com>."},
		"user without password":  {nil, append([]string{"VITRINE_SMTP_USER=zzz"}, mailed...), "VITRINE_SMTP_USER is set, but VITRINE_SMTP_PASSWORD is not."},
		"password without user":  {nil, append([]string{"VITRINE_SMTP_PASSWORD=zzz"}, mailed...), "VITRINE_SMTP_PASSWORD is set, but VITRINE_SMTP_USER is not."},
		"readable password":      {nil, append([]string{"VITRINE_SMTP_PASSWORD=zzz", "VITRINE_SMTP_USER=zzz", "VITRINE_SMTP_TLS=none"}, mailed...), "VITRINE_SMTP_TLS is none, so the mail server's password would travel readable: use starttls or tls."},
		"smtp port":              {nil, []string{"VITRINE_SMTP_PORT=zzz"}, "VITRINE_SMTP_PORT is not a number from 1 to 65535."},
		"smtp tls":               {nil, []string{"VITRINE_SMTP_TLS=zzz"}, "VITRINE_SMTP_TLS is not one of starttls, tls and none."},
		"smtp timeout":           {nil, []string{"VITRINE_SMTP_TIMEOUT=2m"}, "VITRINE_SMTP_TIMEOUT is not a time from 1s to 100s."},
		"log level":              {[]string{"--log-level=zzz"}, nil, "--log-level is not one of debug, info, warn and error."},
		"metrics":                {[]string{"--metrics-listen=zzz"}, nil, "--metrics-listen is not an address and a port, such as 127.0.0.1:8080 or :8080."},
	} {
		args := tt.args
		if !strings.Contains(strings.Join(args, " "), "--data") {
			args = append([]string{"--data", dir}, args...)
		}
		_, err := Load(args, tt.env)
		var mistake *Error
		if !errors.As(err, &mistake) || err.Error() != tt.want {
			t.Errorf("%s:\n got %v\nwant %s", name, err, tt.want)
		} else if strings.Contains(err.Error(), "zzz") {
			t.Errorf("%s: the sentence tells the value: %v", name, err)
		}
	}
	for _, args := range [][]string{{"--base-url=http://zzz.example", "--insecure-http=yes"}, {"--base-url=http://127.0.0.1:1"}, {"--listen=localhost:0"}} {
		if _, err := Load(append([]string{"--data", dir}, args...), nil); err != nil {
			t.Errorf("%q: %v", args, err)
		}
	}
	if _, err := Load([]string{"-h"}, nil); !errors.Is(err, flag.ErrHelp) {
		t.Errorf("asking for help: %v", err)
	}
}

func TestKey(t *testing.T) {
	c := &Config{Data: private(t)}
	var wait sync.WaitGroup
	keys := make([]string, 8)
	for i := range keys { // as several processes that start at once
		wait.Go(func() {
			key, err := c.LoadKey()
			if err != nil {
				t.Error(err)
			}
			keys[i] = string(key)
		})
	}
	wait.Wait()
	for _, key := range keys {
		if len(key) != 32 || key != keys[0] {
			t.Fatalf("keys differ: %x", keys)
		}
	}
	path := filepath.Join(c.Data, "vitrine.key")
	info, err := os.Stat(path)
	if err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("mode %v, %v", info.Mode(), err)
	}
	if left, err := os.ReadDir(c.Data); err != nil || len(left) != 1 {
		t.Errorf("left in the data directory: %v, %v", left, err)
	}
	elsewhere := &Config{Data: private(t), KeyFile: path}
	if key, err := elsewhere.LoadKey(); err != nil || string(key) != keys[0] {
		t.Errorf("from a file: %x, %v", key, err)
	}
	if _, err := os.Stat(filepath.Join(elsewhere.Data, "vitrine.key")); err == nil {
		t.Error("a key was made beside the one given")
	}

	for name, tt := range map[string]struct {
		content string
		mode    os.FileMode
		want    string
	}{
		"short":    {"00ff", 0o600, "vitrine.key does not hold 64 hexadecimal digits."},
		"empty":    {"", 0o600, "vitrine.key does not hold 64 hexadecimal digits."},
		"readable": {strings.Repeat("0f", 32), 0o604, "vitrine.key is a key that everybody on this machine may use: take the others' rights away (chmod o-rwx)."},
	} {
		write(t, path, tt.content, tt.mode)
		var mistake *Error
		if _, err := c.LoadKey(); !errors.As(err, &mistake) || err.Error() != tt.want {
			t.Errorf("%s: %v", name, err)
		}
	}
	lost := &Config{Data: c.Data, KeyFile: filepath.Join(c.Data, "lost")}
	if _, err := lost.LoadKey(); err == nil || err.Error() != "VITRINE_KEY_FILE cannot be read: no such file or directory." {
		t.Errorf("a missing key file: %v", err)
	}
}

func TestClamd(t *testing.T) {
	c, err := Load([]string{"--data", private(t)}, nil)
	if err != nil || !c.Previews || c.Clamd != "" || !c.ClamdHolds {
		t.Errorf("%v %q %v, %v", c.Previews, c.Clamd, c.ClamdHolds, err)
	}
	for _, address := range []string{"unix:/run/clamav/clamd.ctl", "clamd:3310", "127.0.0.1:3310"} {
		c, err := Load([]string{"--data", private(t), "--clamd", address, "--clamd-policy=mark", "--previews=off"}, nil)
		if err != nil || c.Previews || c.Clamd != address || c.ClamdHolds {
			t.Errorf("%v %q %v, %v", c.Previews, c.Clamd, c.ClamdHolds, err)
		}
	}
}

func TestStorage(t *testing.T) {
	keys := []string{"VITRINE_S3_ACCESS_KEY=AKEXAMPLE", "VITRINE_S3_SECRET_KEY=hunter2"}
	for value, want := range map[string]string{
		"s3://files":                     "https://s3.us-east-1.amazonaws.com us-east-1 files ",
		"s3://files?region=eu-central-1": "https://s3.eu-central-1.amazonaws.com eu-central-1 files ",
		"s3://files/of/us/?endpoint=https://s3.example.com&region=home": "https://s3.example.com home files of/us/",
		"s3://files?endpoint=http%3A%2F%2F127.0.0.1%3A9000":             "http://127.0.0.1:9000 us-east-1 files ",
	} {
		c, err := Load([]string{"--data", private(t), "--storage", value}, keys)
		if err != nil {
			t.Errorf("%s: %v", value, err)
			continue
		}
		s := c.Storage
		if got := fmt.Sprintf("%v %s %s %s", s.Endpoint, s.Region, s.Bucket, s.Prefix); got != want || s.Disk != "" || string(s.AccessKey) != "AKEXAMPLE" || string(s.SecretKey) != "hunter2" {
			t.Errorf("%s: %s, disk %q", value, got, s.Disk)
		}
	}
}

func TestDocument(t *testing.T) {
	const path = "../../docs/configuration.md"
	if *update {
		if err := os.WriteFile(path, []byte(Document()), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	got, err := os.ReadFile(path)
	if err != nil || string(got) != Document() {
		t.Errorf("%s is not what the settings say: go test ./internal/config -run TestDocument -update (%v)", path, err)
	}
	help := new(Config).Help()
	for _, s := range settings {
		if !strings.Contains(help, s.variable()) {
			t.Errorf("the help lacks %s", s.variable())
		}
	}
	for line := range strings.SplitSeq(help, "\n") {
		if len(line) > 100 {
			t.Errorf("a line of help is %d long: %s", len(line), line)
		}
	}
}

// Files have a host of their own where one is known.
func TestFilesURL(t *testing.T) {
	for _, c := range []struct {
		args []string
		want string
	}{
		{nil, "http://127.0.0.1:8080"},
		{[]string{"--listen=[::1]:8081"}, "http://[::1]:8081"},
		{[]string{"--base-url=http://127.0.0.1:9"}, "http://localhost:9"},
		{[]string{"--base-url=http://localhost", "--listen=[::1]:80"}, "http://[::1]"},
		{[]string{"--base-url=https://portal.example.com"}, ""},
		{[]string{"--files-url=off"}, ""},
		{[]string{"--base-url=https://portal.example.com", "--files-url=https://Files.example.net/"}, "https://files.example.net"},
	} {
		cfg, err := Load(append(c.args, "--data="+private(t)), nil)
		if err != nil {
			t.Errorf("%q: %v", c.args, err)
			continue
		}
		got := ""
		if cfg.FilesURL != nil {
			got = cfg.FilesURL.String()
		}
		if got != c.want {
			t.Errorf("%q: files at %q, want %q", c.args, got, c.want)
		}
	}
}

func TestMailIn(t *testing.T) {
	base := []string{"VITRINE_REPLY_ADDRESS=Reply@In.honcho.example", "VITRINE_MAIL_AUTH_SERVER=mx.honcho.example"}
	mailbox := []string{"VITRINE_IMAP_HOST=imap.example.com", "VITRINE_IMAP_USER=portal", "VITRINE_IMAP_PASSWORD=hunter2"}
	with := func(lists ...[]string) []string { return slices.Concat(lists...) }
	for _, c := range []struct {
		env  []string
		want MailIn
	}{
		{nil, MailIn{IMAP: IMAP{TLS: "tls"}}},
		{with(base, []string{"VITRINE_LMTP_LISTEN=unix:/run/vitrine/lmtp"}), MailIn{"reply@in.honcho.example", "unix:/run/vitrine/lmtp", IMAP{TLS: "tls", Port: 993}, "mx.honcho.example"}},
		{with(base, mailbox, []string{"VITRINE_IMAP_TLS=starttls", "VITRINE_IMAP_FOLDER=In", "VITRINE_IMAP_DONE=Done"}),
			MailIn{"reply@in.honcho.example", "", IMAP{"imap.example.com", 143, "starttls", "portal", "hunter2", "In", "Done"}, "mx.honcho.example"}},
		{with(base[:1], mailbox, []string{"VITRINE_MAIL_AUTH_SERVER=none", "VITRINE_LMTP_LISTEN=127.0.0.1:2424"}),
			MailIn{"reply@in.honcho.example", "127.0.0.1:2424", IMAP{"imap.example.com", 993, "tls", "portal", "hunter2", "", ""}, ""}},
	} {
		got, err := Load([]string{"--data", private(t)}, c.env)
		if err != nil || got.MailIn != c.want {
			t.Errorf("%q: %#v, %v", c.env, got, err)
		}
	}
	for want, env := range map[string][]string{
		"VITRINE_REPLY_ADDRESS is set, but no way for mail to come in is: set VITRINE_LMTP_LISTEN or VITRINE_IMAP_HOST.":        base[:1],
		"VITRINE_MAIL_AUTH_SERVER is set, but no way for mail to come in is: set VITRINE_LMTP_LISTEN or VITRINE_IMAP_HOST.":     base[1:],
		"VITRINE_REPLY_ADDRESS is needed where mail comes in: it is the address that answers come to.":                          mailbox,
		"VITRINE_MAIL_AUTH_SERVER is needed where mail comes in: it says whose word for a sender is believed, and may be none.": with(base[:1], mailbox),
		"VITRINE_IMAP_USER is needed with a mailbox.":                                                                           with(base, mailbox[:1]),
		"VITRINE_IMAP_PASSWORD is needed with a mailbox.":                                                                       with(base, mailbox[:2]),
		"VITRINE_IMAP_USER is set, but VITRINE_IMAP_HOST is not.":                                                               mailbox[1:2],
		"VITRINE_IMAP_TLS is none, so the mailbox's password would travel readable: use tls or starttls.":                       with(base, mailbox, []string{"VITRINE_IMAP_TLS=none"}),
		"VITRINE_REPLY_ADDRESS is not an e-mail address such as reply@in.example.com, without a name and a +.":                  {"VITRINE_REPLY_ADDRESS=a+b@in.example.com"},
		"VITRINE_REPLY_ADDRESS has more than 11 characters before the @: there has to be room for a token.":                     {"VITRINE_REPLY_ADDRESS=portal-reply@in.example.com"},
		"VITRINE_LMTP_LISTEN is neither unix:/PATH nor HOST:PORT.":                                                              {"VITRINE_LMTP_LISTEN=:24"},
		"VITRINE_MAIL_AUTH_SERVER is not the name of a mail server such as mx.example.com, or none.":                            {"VITRINE_MAIL_AUTH_SERVER=mx example"},
	} {
		if _, err := Load([]string{"--data", private(t)}, env); err == nil || err.Error() != want {
			t.Errorf("%q: %v, want %s", env, err, want)
		}
	}
}

func TestPreviousKey(t *testing.T) {
	c, err := Load([]string{"--data", private(t)}, nil)
	if err != nil {
		t.Fatal(err)
	}
	if key, err := c.LoadPreviousKey(); key != nil || err != nil {
		t.Errorf("without one: %x, %v", key, err)
	}
	c.PreviousKeyFile = write(t, filepath.Join(c.Data, "old"), strings.Repeat("ab", 32)+"\n", 0o600)
	if key, err := c.LoadPreviousKey(); len(key) != 32 || err != nil {
		t.Errorf("%x, %v", key, err)
	}
	c.PreviousKeyFile = write(t, filepath.Join(c.Data, "short"), "abcd", 0o600)
	if _, err := c.LoadPreviousKey(); err == nil || err.Error() != "VITRINE_PREVIOUS_KEY_FILE does not hold 64 hexadecimal digits." {
		t.Errorf("a short one: %v", err)
	}
}
