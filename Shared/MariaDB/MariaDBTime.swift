import CMariaDB
import Contracts

/// `Timestamp` as MariaDB's broken-down time and back; the calendar is Howard Hinnant's `civil_from_days`.
enum MariaDBTime {
    /// - Throws: code `decoding` for a year that `DATETIME` does not have.
    static func encode(_ timestamp: Timestamp) throws(MariaDBError) -> MYSQL_TIME {
        let (days, rest) = timestamp.milliseconds.quotientAndRemainderFloored(by: 86_400_000)
        let (era, dayOfEra) = (days + 719_468).quotientAndRemainderFloored(by: 146_097)
        let yearOfEra = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
        let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let shifted = (5 * dayOfYear + 2) / 153
        let month = shifted < 10 ? shifted + 3 : shifted - 9
        let year = yearOfEra + era * 400 + (month <= 2 ? 1 : 0)
        guard (1...9999).contains(year) else { throw .decoding("a DATETIME's year is between 1 and 9999") }
        var time = MYSQL_TIME()
        time.year = UInt32(year)
        time.month = UInt32(month)
        time.day = UInt32(dayOfYear - (153 * shifted + 2) / 5 + 1)
        time.hour = UInt32(rest / 3_600_000)
        time.minute = UInt32(rest / 60_000 % 60)
        time.second = UInt32(rest / 1000 % 60)
        time.second_part = UInt(rest % 1000 * 1000)
        time.time_type = MYSQL_TIMESTAMP_DATETIME
        return time
    }

    static func decode(_ time: MYSQL_TIME) -> Timestamp {
        let month = Int64(time.month)
        let year = Int64(time.year) - (month <= 2 ? 1 : 0)
        let (era, yearOfEra) = year.quotientAndRemainderFloored(by: 400)
        let dayOfYear = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + Int64(time.day) - 1
        let dayOfEra = yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear
        let days = era * 146_097 + dayOfEra - 719_468
        let seconds = days * 86_400 + Int64(time.hour) * 3600 + Int64(time.minute) * 60 + Int64(time.second)
        return Timestamp(milliseconds: seconds * 1000 + Int64(time.second_part) / 1000)
    }
}

extension Int64 {
    fileprivate func quotientAndRemainderFloored(by divisor: Int64) -> (Int64, Int64) {
        let (quotient, remainder) = quotientAndRemainder(dividingBy: divisor)
        return remainder < 0 ? (quotient - 1, remainder + divisor) : (quotient, remainder)
    }
}
