package api

import (
	"context"
	"net/http"
	"time"

	"github.com/vitrine-portal/vitrine/internal/portal"
)

type fileRequest struct {
	ID          portal.FileRequestID `json:"id" doc:"The file request."`
	Project     portal.ProjectID     `json:"project" doc:"The project it is in."`
	Title       string               `json:"title" doc:"What is needed, in a few words."`
	Body        string               `json:"body,omitempty" doc:"What is needed, in full."`
	Example     portal.FileID        `json:"example,omitempty" doc:"A file that shows what is meant."`
	ExampleName string               `json:"example_name,omitempty" doc:"What the example is called."`
	Folder      portal.FolderID      `json:"folder,omitempty" doc:"Where what comes in is put; absent for the top."`
	FolderName  string               `json:"folder_name,omitempty" doc:"What the folder is called."`
	Assignee    portal.PersonID      `json:"assignee,omitempty" doc:"Who of the client's people is asked; absent when all who may upload are."`
	Name        string               `json:"assignee_name,omitempty" doc:"Their name."`
	DueOn       string               `json:"due_on,omitempty" doc:"A day, YYYY-MM-DD."`
	State       portal.RequestState  `json:"state" enum:"open,answered,accepted,refused,withdrawn" doc:"Open or refused, it waits for the client; answered, for the team."`
	StateAt     time.Time            `json:"state_at" doc:"Since when."`
	StateBy     string               `json:"state_by,omitempty" doc:"By whom; absent where you are not shown names of the team."`
	Reason      string               `json:"reason,omitempty" doc:"Why what came was refused."`
	Files       int                  `json:"files" doc:"How many came in."`
	Turn        portal.Side          `json:"turn,omitempty" enum:"team,client" doc:"Who has to act; absent when it is over."`
	Remind      bool                 `json:"remind,omitempty" doc:"Whether the client is reminded by mail: the day before it is due, on the day, and after; for the team."`
	RemindAt    *time.Time           `json:"remind_at,omitempty" doc:"When next; for the team."`
	RemindedAt  *time.Time           `json:"reminded_at,omitempty" doc:"When last; for the team."`
	CreatedAt   time.Time            `json:"created_at" doc:"When it was asked."`
	AskedBy     string               `json:"asked_by,omitempty" doc:"Who asked; absent where you are not shown names of the team."`
	MayAnswer   bool                 `json:"may_answer" doc:"Whether you may send files to it now."`
	Revision    int64                `json:"revision" doc:"Send it back with a change or a decision."`
}

func fileRequestWire(q portal.FileRequest) fileRequest {
	return fileRequest{ID: q.ID, Project: q.Project, Title: q.Title, Body: q.Body, Example: q.Example, ExampleName: q.ExampleName, Folder: q.Folder, FolderName: q.FolderName,
		Assignee: q.Assignee, Name: q.AssigneeName, DueOn: q.DueOn, State: q.State, StateAt: q.StateAt.UTC(), StateBy: q.StateBy, Reason: q.Reason, Files: q.Files, Turn: q.Turn,
		Remind: q.Remind, RemindAt: moment(q.RemindAt), RemindedAt: moment(q.RemindedAt), CreatedAt: q.CreatedAt.UTC(), AskedBy: q.AskedBy, MayAnswer: q.MayAnswer(), Revision: q.Revision}
}

type NewFileRequest struct {
	Title       string          `json:"title" maxLength:"200" doc:"What is needed, in a few words."`
	Body        string          `json:"body,omitempty" doc:"What is needed, in full: at most 20,000 characters."`
	Example     portal.FileID   `json:"example,omitempty" maxLength:"64" doc:"A file of the project that shows what is meant."`
	ShowExample bool            `json:"show_example,omitempty" doc:"Show the example to the client, where they do not see it."`
	Folder      portal.FolderID `json:"folder,omitempty" maxLength:"64" doc:"Where what comes in is put: a folder that the client sees; without it, the top."`
	Assignee    portal.PersonID `json:"assignee,omitempty" maxLength:"64" doc:"One of the client's people who may upload; without, all of them."`
	DueOn       string          `json:"due_on,omitempty" maxLength:"10" doc:"A day, YYYY-MM-DD."`
	Remind      bool            `json:"remind,omitempty" doc:"Remind the client by mail: the day before it is due, on the day, and after."`
}

func (n NewFileRequest) portal() portal.NewFileRequest { return portal.NewFileRequest(n) }

type fileRequestChange struct {
	NewFileRequest
	Revision int64 `json:"revision" doc:"As it was looked at."`
}

type refusal struct {
	Reason   string `json:"reason" doc:"What is to be different; the client is mailed it."`
	Revision int64  `json:"revision" doc:"As it was looked at."`
}

type requestedFile struct {
	File    portal.FileID    `json:"file" doc:"The file."`
	Name    string           `json:"name" doc:"What it is called."`
	Version portal.VersionID `json:"version" doc:"The version that came."`
	Number  int              `json:"number" doc:"What the version is called by."`
	Size    int64            `json:"size" doc:"In bytes."`
	Kind    string           `json:"kind" enum:"image,pdf,video,audio,text,markdown,code,csv,office,archive,svg,other" doc:"What it is, by its bytes."`
	Scan    string           `json:"scan" enum:"off,waiting,clean,infected,unscanned" doc:"How far it was looked through for what is harmful."`
	At      time.Time        `json:"at" doc:"When it came."`
	By      string           `json:"by,omitempty" doc:"The name of who sent it."`
}

func requestedFileWire(f portal.RequestedFile) requestedFile {
	w := requestedFile{File: f.File, Name: f.Name, Version: f.Version, Number: f.Number, Size: f.Size, Kind: f.Kind, Scan: f.Scan, At: f.At.UTC(), By: f.By}
	if f.ShownNumber > 0 {
		w.Number = f.ShownNumber
	}
	return w
}

func (s *server) fileRequests() {
	readAll(s, "/api/projects/{id}/file-requests", "list-file-requests", "What the team needs from the client, newest first", func(ctx context.Context, me *portal.Scope, q *inProject) ([]portal.FileRequest, string, error) {
		if _, err := filesOf(ctx, me, portal.ProjectID(q.ID)); err != nil {
			return nil, "", err
		}
		return me.FileRequests(ctx, portal.ProjectID(q.ID), q.portal())
	}, fileRequestWire)
	create(s, "/api/projects/{id}/file-requests", "ask-for-file", "Ask the client for files, and mail those who can upload", func(ctx context.Context, me *portal.Scope, id string, in NewFileRequest) (portal.FileRequestID, error) {
		return me.AskForFile(ctx, portal.ProjectID(id), in.portal())
	})
	read(s, "/api/file-requests/{id}", "file-request", "A file request", func(ctx context.Context, me *portal.Scope, id string) (fileRequest, error) {
		q, err := me.FileRequest(ctx, portal.FileRequestID(id))
		return fileRequestWire(q), err
	})
	readAll(s, "/api/file-requests/{id}/files", "list-requested-files", "What came in answer to it, newest first; an upload answers it by naming it", func(ctx context.Context, me *portal.Scope, q *byID) ([]portal.RequestedFile, string, error) {
		if _, err := me.FileRequest(ctx, portal.FileRequestID(q.ID)); err != nil {
			return nil, "", err
		}
		all, err := me.FileRequestFiles(ctx, portal.FileRequestID(q.ID))
		return all, "", err
	}, requestedFileWire)
	change(s, http.MethodPut, "/api/file-requests/{id}", "change-file-request", "Change a file request that is not over, and its reminders", func(ctx context.Context, me *portal.Scope, id string, in fileRequestChange) error {
		return me.ChangeFileRequest(ctx, portal.FileRequestID(id), portal.FileRequestChange{NewFileRequest: in.portal(), Revision: in.Revision})
	})
	act(s, http.MethodPost, "/api/file-requests/{id}/answered", "answer-file-request", "Say that what was sent is everything, as the client", func(ctx context.Context, me *portal.Scope, id string) error {
		return me.AnswerFileRequest(ctx, portal.FileRequestID(id))
	})
	change(s, http.MethodPost, "/api/file-requests/{id}/accepted", "accept-files", "Say that what was asked for is there", func(ctx context.Context, me *portal.Scope, id string, in revision) error {
		return me.AcceptFiles(ctx, portal.FileRequestID(id), in.Revision)
	})
	change(s, http.MethodPost, "/api/file-requests/{id}/refused", "refuse-files", "Ask again, and say why", func(ctx context.Context, me *portal.Scope, id string, in refusal) error {
		return me.RefuseFiles(ctx, portal.FileRequestID(id), in.Reason, in.Revision)
	})
	act(s, http.MethodPost, "/api/file-requests/{id}/withdrawn", "withdraw-file-request", "Say that nothing is needed any more", func(ctx context.Context, me *portal.Scope, id string) error {
		return me.WithdrawFileRequest(ctx, portal.FileRequestID(id))
	})
}
