// The peer of GET /mypages/{id}: net/http and go-sql-driver, the same row by primary key, the same JSON.
package main

import (
	"database/sql"
	"encoding/json"
	"log"
	"net/http"
	"os"
	"strconv"
	"strings"
	"time"

	_ "github.com/go-sql-driver/mysql"
)

// Fields in the order of the service's own answer.
type mypage struct {
	CustomerID         *int64  `json:"customerId"`
	GiftID             *int64  `json:"giftId"`
	GiftStatus         *string `json:"giftStatus"`
	GiftTelegramID     *int64  `json:"giftTelegramId"`
	GiftTelegramStatus *string `json:"giftTelegramStatus"`
	ID                 int64   `json:"id"`
	MissionID          int64   `json:"missionId"`
	MissionStatus      *string `json:"missionStatus"`
	RewardID           *int64  `json:"rewardId"`
	RewardStatus       *string `json:"rewardStatus"`
	TelegramID         *int64  `json:"telegramId"`
	TelegramStatus     *string `json:"telegramStatus"`
	Title              *string `json:"title"`
	UpdatedAt          string  `json:"updatedAt"`
}

func main() {
	connections, err := strconv.Atoi(os.Getenv("CONNECTIONS"))
	if err != nil {
		log.Fatal("CONNECTIONS: ", err)
	}
	database, err := sql.Open("mysql", os.Getenv("DSN"))
	if err != nil {
		log.Fatal("DSN: ", err)
	}
	database.SetMaxOpenConns(connections)
	database.SetMaxIdleConns(connections)
	// Prepared once: one round trip a read.
	read, err := database.Prepare(
		"SELECT id, customer_id, title, mission_status, reward_id, reward_status, gift_id, gift_status," +
			" telegram_id, telegram_status, gift_telegram_id, gift_telegram_status, updated_at FROM " +
			os.Getenv("TABLE") + " WHERE id = ?")
	if err != nil {
		log.Fatal("prepare: ", err)
	}
	http.HandleFunc("/mypages/", func(writer http.ResponseWriter, request *http.Request) {
		id, err := strconv.ParseInt(strings.TrimPrefix(request.URL.Path, "/mypages/"), 10, 64)
		if err != nil {
			http.Error(writer, "invalid id", http.StatusBadRequest)
			return
		}
		var page mypage
		var updated time.Time
		err = read.QueryRowContext(request.Context(), id).Scan(
			&page.ID, &page.CustomerID, &page.Title, &page.MissionStatus, &page.RewardID, &page.RewardStatus,
			&page.GiftID, &page.GiftStatus, &page.TelegramID, &page.TelegramStatus, &page.GiftTelegramID,
			&page.GiftTelegramStatus, &updated)
		if err == sql.ErrNoRows {
			http.Error(writer, "unknown", http.StatusNotFound)
			return
		} else if err != nil {
			http.Error(writer, err.Error(), http.StatusServiceUnavailable)
			return
		}
		page.MissionID = page.ID
		page.UpdatedAt = updated.UTC().Format("2006-01-02T15:04:05.000Z")
		body, err := json.Marshal(page)
		if err != nil {
			http.Error(writer, err.Error(), http.StatusInternalServerError)
			return
		}
		writer.Header().Set("Content-Type", "application/json")
		writer.Write(body)
	})
	server := http.Server{Addr: os.Getenv("ADDRESS"), ReadTimeout: time.Minute, IdleTimeout: time.Minute}
	log.Fatal(server.ListenAndServe())
}
